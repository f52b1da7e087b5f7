#include "http-api/orders/owner_notifier.hpp"

#include <chrono>

#include "core/pg/settings.hpp"
#include "core/testing/crash_point.hpp"
#include "core/values/failure.hpp"
#include "events/codec.hpp"
#include "events/settings.hpp"
#include "schemas/installation.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::size_t kQueueMax = 20'000;
constexpr auto kPollInterval = std::chrono::milliseconds{100};
constexpr auto kRenewalInterval = std::chrono::seconds{1};
constexpr auto kRefreshInterval = std::chrono::seconds{1};
constexpr core::Duration kRefreshTimeout = std::chrono::seconds{1};
constexpr core::Duration kFlushTimeout = std::chrono::seconds{1};
constexpr const char* kSource = "/orderflow/api";

}  // namespace

OwnerNotifier::OwnerNotifier(const core::Settings& settings, core::Logger& logger,
                             core::Metrics& metrics)
    : options_(core::kafka_options(settings, "orderflow-api")),
      topics_(settings.get(events::kTopicPrefix)),
      logger_(logger),
      dropped_(metrics.counter("owner_notifications_dropped_total",
                               "Notifications on orders.inbox not sent because the queue was full "
                               "or Kafka away; owners read the rows by themselves.")),
      session_(settings.get(core::kDatabaseUrl), {.application_name = "orderflow-api-partitions",
                                                  .role = "orderflow_orders",
                                                  .answer_timeout = kRefreshTimeout}) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

OwnerNotifier::~OwnerNotifier() { stop(); }

void OwnerNotifier::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void OwnerNotifier::order_placed(const core::ShardKey& order_id, const core::Trace& trace) {
  push({order_id, {}, {}, trace});
}

void OwnerNotifier::request_made(const core::Uuid& request_id, const core::ShardKey& order_id,
                                 const std::string& kind, const core::Trace& trace) {
  push({order_id, request_id, kind, trace});
}

void OwnerNotifier::push(Notification notification) {
  const std::lock_guard lock(mutex_);
  if (queue_.size() >= kQueueMax) {
    dropped_.Increment();
    return;
  }
  queue_.push_back(std::move(notification));
  if (queue_.size() == 1) wake_.notify_one();
}

core::OutgoingMessage OwnerNotifier::encode(const Notification& notification) const {
  const auto& [order_id, request_id, kind, trace] = notification;
  const events::Addressed to{
      topics_[events::Topic::kOrdersInbox], order_id, kSource, trace, 0, partition_count_};
  if (request_id.is_nil()) return events::encode(events::OrderPlaced{order_id.uuid}, to);
  return events::encode(events::RequestMade{request_id, order_id.uuid, kind}, to);
}

void OwnerNotifier::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::deque<Notification> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kPollInterval, [this] { return !queue_.empty(); });
      batch.swap(queue_);
    }
    try {
      refresh_installation();
      renew_producer();
      send(batch);
      producer_->poll(core::Duration{0});
    } catch (const std::exception& error) {
      dropped_.Increment(static_cast<double>(batch.size()));
      logger_.warning("owners were not notified", {{"error", error.what()}});
    }
  }
  std::deque<Notification> rest;
  {
    const std::lock_guard lock(mutex_);
    rest.swap(queue_);
  }
  if (!producer_) return;
  try {
    send(rest);
    producer_->flush(kFlushTimeout);
  } catch (const core::Unavailable& error) {
    logger_.warning("owners were not notified", {{"error", error.what()}});
  }
}

// While the database does not answer nothing is committed, so the count read last will do.
void OwnerNotifier::refresh_installation() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_refresh_) return;
  next_refresh_ = now + kRefreshInterval;
  try {
    const auto found = schemas::read_partition_count(session_);
    if (!found) return;
    installation_ = schemas::read_installation_id(session_);
    if (producer_) producer_->stamp(events::kInstallationHeader, installation_);
    if (*found == partition_count_) return;
    partition_count_ = *found;
    producer_.reset();  // One made before need not know the partitions that were added.
  } catch (const core::Unavailable& error) {
    logger_.debug("the partition count was not read", {{"error", error.what()}});
  }
}

// What waited for a cluster that was away is dropped with its producer: the owners have read the
// rows meanwhile.
void OwnerNotifier::renew_producer() {
  const bool useless = producer_ && (producer_->failed() || producer_->cluster_lost());
  const auto now = std::chrono::steady_clock::now();
  if (producer_ && (!useless || now < next_renewal_)) return;
  next_renewal_ = now + kRenewalInterval;
  producer_ = std::make_unique<core::KafkaProducer>(
      options_, logger_, [this](const core::SendReport& report) { on_report(report); });
  producer_->stamp(events::kInstallationHeader, installation_);
}

// What is refused for good is told once.
void OwnerNotifier::on_report(const core::SendReport& report) {
  core::crash_point(core::CrashPlace::kInNotifyAck);
  if (report.stored()) return;
  dropped_.Increment();
  const auto refusal = report.refusal();
  if (refusal && refusal->error == "INVALID_TIMESTAMP") {
    timestamp_ = core::KafkaProducer::Timestamp::kNone;
  }
  if (!refusal || !refused_.insert(refusal->error).second) return;
  logger_.error("owners are not notified", {{"error", refusal->text()}});
}

void OwnerNotifier::send(const std::deque<Notification>& notifications) {
  for (const Notification& notification : notifications) {
    core::crash_point(core::CrashPlace::kBeforeNotify);
    if (producer_->send(encode(notification), 0, timestamp_) != core::Sent::kYes) {
      dropped_.Increment();
    }
    core::crash_point(core::CrashPlace::kAfterNotify);
  }
}

}  // namespace orderflow::http_api
