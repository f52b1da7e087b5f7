#include "http-api/orders/inbox_publisher.hpp"

#include <chrono>

#include "core/pg/partition_count.hpp"
#include "core/testing/crash_point.hpp"
#include "core/values/failure.hpp"
#include "events/codec.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::size_t kQueueMax = 20'000;
constexpr auto kPollInterval = std::chrono::milliseconds{100};
constexpr auto kRenewalInterval = std::chrono::seconds{1};
constexpr auto kLayoutInterval = std::chrono::seconds{1};
constexpr core::Duration kLayoutTimeout = std::chrono::seconds{1};
constexpr core::Duration kFlushTimeout = std::chrono::seconds{1};
constexpr const char* kSource = "/orderflow/api";

}  // namespace

InboxPublisher::InboxPublisher(const core::Config& config, core::Logger& logger,
                               core::Metrics& metrics)
    : options_(core::kafka_options(config, "orderflow-api")),
      topics_(config.text("topic-prefix")),
      logger_(logger),
      dropped_(metrics.counter("inbox_hints_dropped_total",
                               "Messages to orders.inbox not sent because the queue was full; the "
                               "owners find the rows by themselves.")),
      session_(config.text("database-url"), {.application_name = "orderflow-api-layout",
                                             .role = "orderflow_orders",
                                             .answer_timeout = kLayoutTimeout}) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

InboxPublisher::~InboxPublisher() { stop(); }

void InboxPublisher::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void InboxPublisher::order_placed(const core::Uuid& order_id, const core::Trace& trace) {
  push({order_id, {}, {}, trace});
}

void InboxPublisher::request_made(const core::Uuid& request_id, const core::Uuid& order_id,
                                  const std::string& kind, const core::Trace& trace) {
  push({order_id, request_id, kind, trace});
}

void InboxPublisher::push(Hint hint) {
  const std::lock_guard lock(mutex_);
  if (queue_.size() >= kQueueMax) {
    dropped_.Increment();
    return;
  }
  queue_.push_back(std::move(hint));
  if (queue_.size() == 1) wake_.notify_one();
}

core::OutgoingMessage InboxPublisher::encode(const Hint& hint) const {
  const events::Addressed to{topics_[events::Topic::kOrdersInbox],
                             hint.order_id.to_string(),
                             kSource,
                             hint.trace,
                             0,
                             partition_count_};
  if (hint.request_id.is_nil()) return events::encode(events::OrderPlaced{hint.order_id}, to);
  return events::encode(events::RequestMade{hint.request_id, hint.order_id, hint.kind}, to);
}

void InboxPublisher::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::deque<Hint> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kPollInterval, [this] { return !queue_.empty(); });
      batch.swap(queue_);
    }
    try {
      look_at_layout();
      renew_producer();
      send(batch);
      producer_->poll(core::Duration{0});
    } catch (const std::exception& error) {
      dropped_.Increment(static_cast<double>(batch.size()));
      logger_.warning("hints to the owners were not sent", {{"error", error.what()}});
    }
  }
  std::deque<Hint> rest;
  {
    const std::lock_guard lock(mutex_);
    rest.swap(queue_);
  }
  if (!producer_) return;
  try {
    send(rest);
    producer_->flush(kFlushTimeout);
  } catch (const core::Unavailable& error) {
    logger_.warning("hints to the owners were not sent", {{"error", error.what()}});
  }
}

// While the database is silent nothing is committed that could be told, so what it said last will
// do.
void InboxPublisher::look_at_layout() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return;
  next_look_ = now + kLayoutInterval;
  try {
    const auto found = core::read_partition_count(session_);
    if (!found || *found == partition_count_) return;
    partition_count_ = *found;
    producer_.reset();  // One made before need not know the partitions that were added.
  } catch (const core::Unavailable& error) {
    logger_.debug("the partition count was not read", {{"error", error.what()}});
  }
}

// What waited for a cluster that was away is old news: the owners have found the rows.
void InboxPublisher::renew_producer() {
  const bool useless = producer_ && (producer_->failed() || producer_->cluster_lost());
  const auto now = std::chrono::steady_clock::now();
  if (producer_ && (!useless || now < next_renewal_)) return;
  next_renewal_ = now + kRenewalInterval;
  producer_ = std::make_unique<core::KafkaProducer>(options_, logger_, [](std::uint64_t, bool) {
    core::crash_point(core::CrashPlace::kInHintAck);
  });
}

void InboxPublisher::send(const std::deque<Hint>& hints) {
  for (const Hint& hint : hints) {
    core::crash_point(core::CrashPlace::kBeforeHint);
    if (!producer_->send(encode(hint), 0)) dropped_.Increment();
    core::crash_point(core::CrashPlace::kAfterHint);
  }
}

}  // namespace orderflow::http_api
