#include "http-api/live/order_feed.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <utility>

#include "core/async/periodic.hpp"
#include "core/kafka/consumer.hpp"
#include "core/pg/params.hpp"
#include "core/pg/settings.hpp"
#include "core/values/failure.hpp"
#include "events/settings.hpp"
#include "events/topics.hpp"

namespace orderflow::http_api {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSubscriptionsMax = 5'000;
constexpr core::Duration kPollInterval = 1s;
constexpr core::Duration kTailTimeout = 200ms;
constexpr core::Duration kMetadataTimeout = 3s;
// The tail stays a while after the last subscription: the next one usually comes soon.
constexpr auto kIdleTail = 10s;

constexpr core::PgStatement kSagaVersions{
    "api_subscribed_sagas",
    "SELECT order_id, version FROM orders.sagas WHERE order_id = ANY($1::uuid[])"};
constexpr core::PgStatement kJobStates{
    "api_subscribed_jobs",
    "SELECT order_id, id, state FROM orders.requests WHERE id = ANY($1::uuid[])"};

}  // namespace

asio::awaitable<void> Subscription::wait_until(core::SteadyTime deadline) {
  if (!notified_) {
    timer_.expires_at(deadline);
    boost::system::error_code error;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    // Either there was a notification, or the request was cancelled by its deadline or a client
    // that left.
    if (error && !notified_) throw boost::system::system_error(error);
  }
  notified_ = false;
}

void Subscription::notify() {
  asio::post(timer_.get_executor(), [self = shared_from_this()] {
    self->notified_ = true;
    self->timer_.cancel();
  });
}

OrderFeed::OrderFeed(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics)
    : kafka_options_(core::kafka_options(settings, "orderflow-api-tail")),
      topic_(events::Topics(settings.get(events::kTopicPrefix))[events::Topic::kOrdersEvents]),
      logger_(logger),
      subscriptions_gauge_(
          metrics.gauge("live_subscriptions", "Requests that wait for changes of an order.")),
      session_(settings.get(core::kDatabaseUrl), {.application_name = "orderflow-api-feed",
                                                  .role = "orderflow_orders",
                                                  .answer_timeout = 5s,
                                                  .index_only_plans = true}) {
  tail_thread_ = std::jthread([this](const std::stop_token& stop) { tail(stop); });
  poll_thread_ = std::jthread([this](const std::stop_token& stop) { poll(stop); });
}

OrderFeed::~OrderFeed() {
  close();
  tail_thread_.request_stop();
  poll_thread_.request_stop();
  if (tail_thread_.joinable()) tail_thread_.join();
  if (poll_thread_.joinable()) poll_thread_.join();
}

std::shared_ptr<Subscription> OrderFeed::subscribe(const asio::any_io_executor& executor,
                                                   const core::Uuid& order_id,
                                                   std::optional<core::Uuid> job_id) {
  const std::lock_guard lock(mutex_);
  if (subscriptions_.size() >= kSubscriptionsMax) return nullptr;
  const auto end = [this, order_id](Subscription* subscription) {
    delete subscription;
    unsubscribe(order_id);
  };
  std::shared_ptr<Subscription> subscription(new Subscription(executor), end);
  Subscribed entry;
  entry.subscription = subscription;
  entry.job_id = job_id;
  subscriptions_.emplace(order_id, std::move(entry));
  subscriptions_gauge_.Set(static_cast<double>(subscriptions_.size()));
  subscribed_.notify_all();
  return subscription;
}

void OrderFeed::unsubscribe(const core::Uuid& order_id) {
  const std::lock_guard lock(mutex_);
  auto [next, end] = subscriptions_.equal_range(order_id);
  while (next != end) {
    next = next->second.subscription.expired() ? subscriptions_.erase(next) : std::next(next);
  }
  subscriptions_gauge_.Set(static_cast<double>(subscriptions_.size()));
}

void OrderFeed::close() {
  std::vector<std::shared_ptr<Subscription>> waiting;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [id, entry] : subscriptions_) waiting.push_back(entry.subscription.lock());
  }
  for (const auto& subscription : waiting) {
    if (subscription) subscription->notify();
  }
}

bool OrderFeed::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

// Outside the lock, since the last owner of a subscription takes the lock itself.
void OrderFeed::notify(const core::Uuid& order_id) {
  std::vector<std::shared_ptr<Subscription>> waiting;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = subscriptions_.equal_range(order_id);
    for (auto it = begin; it != end; ++it) waiting.push_back(it->second.subscription.lock());
  }
  for (const auto& subscription : waiting) {
    if (subscription) subscription->notify();
  }
}

bool OrderFeed::await_subscriptions(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  return subscribed_.wait(lock, stop, [this] { return !subscriptions_.empty(); });
}

void OrderFeed::tail(const std::stop_token& stop) {
  while (await_subscriptions(stop)) {
    try {
      read_tail(stop);
    } catch (const std::exception& error) {
      // The poll tells the same a little later.
      logger_.debug("the tail of orders.events broke", {{"error", error.what()}});
      std::unique_lock lock(mutex_);
      subscribed_.wait_for(lock, stop, kPollInterval, [] { return false; });
    }
  }
}

void OrderFeed::read_tail(const std::stop_token& stop) {
  core::KafkaConsumer consumer(kafka_options_, logger_, topic_, "", nullptr);
  const auto assign_end = [&] {
    std::vector<core::PartitionOffset> all;
    const std::int32_t partitions = consumer.partition_count(kMetadataTimeout);
    for (std::int32_t p = 0; p < partitions; ++p) {
      all.push_back({p, RD_KAFKA_OFFSET_END});
    }
    consumer.assign(all);
  };
  assign_end();
  auto last_needed = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    const core::Polled polled = consumer.poll(kTailTimeout);
    if (polled.outcome == core::PollOutcome::kMessage) {
      if (const auto order_id = core::Uuid::parse(polled.message->key())) notify(*order_id);
    } else if (polled.outcome == core::PollOutcome::kOffsetLost) {
      assign_end();
    } else if (polled.outcome == core::PollOutcome::kTopicGone) {
      throw core::Unavailable("the topic is gone; the tail begins anew");
    }
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (!subscriptions_.empty()) last_needed = now;
    if (now - last_needed > kIdleTail) return;
  }
}

void OrderFeed::poll(const std::stop_token& stop) {
  core::repeat_until_stopped(stop, kPollInterval, logger_, "subscribed orders", [this, &stop] {
    if (await_subscriptions(stop)) poll_once();
  });
}

void OrderFeed::poll_once() {
  core::PgArray orders(core::PgType::kUuid), jobs(core::PgType::kUuid);
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [order_id, entry] : subscriptions_) {
      orders.add(order_id);
      if (entry.job_id) jobs.add(*entry.job_id);
    }
  }
  std::vector<core::PgCall> calls(2);
  calls[0].statement = &kSagaVersions;
  calls[0].params.array(orders);
  calls[1].statement = &kJobStates;
  calls[1].params.array(jobs);
  const auto results = session_.read(calls);
  compare_sagas(results[0]);
  compare_jobs(results[1]);
}

void OrderFeed::compare_sagas(const core::PgResult& rows) {
  for (int row = 0; row < rows.rows(); ++row) {
    update(rows.uuid(row, 0), [version = rows.int8(row, 1)](Subscribed& seen) {
      return std::exchange(seen.version, version) != version;
    });
  }
}

void OrderFeed::compare_jobs(const core::PgResult& rows) {
  for (int row = 0; row < rows.rows(); ++row) {
    update(rows.uuid(row, 0),
           [job_id = rows.uuid(row, 1), state = std::string(rows.text(row, 2))](Subscribed& seen) {
             return seen.job_id == job_id && std::exchange(seen.job_state, state) != state;
           });
  }
}

// Lets each subscription of the order see the news; notifies when it was new to one of them.
void OrderFeed::update(const core::Uuid& order_id, const std::function<bool(Subscribed&)>& news) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = subscriptions_.equal_range(order_id);
    for (auto it = begin; it != end; ++it) changed |= news(it->second);
  }
  if (changed) notify(order_id);
}

}  // namespace orderflow::http_api
