#include "http-api/live/order_feed.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <utility>

#include "core/async/periodic.hpp"
#include "core/pg/params.hpp"
#include "core/pg/settings.hpp"
#include "core/values/failure.hpp"
#include "events/settings.hpp"
#include "events/topics.hpp"
#include "http-api/settings.hpp"

namespace orderflow::http_api {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kSubscriptionsMax = 5'000;
constexpr core::Duration kPollInterval = 1s;
// What an owner refuses is no event: no message tells of it. So while anybody waits for a job the
// database is asked as often as this, but for one part in kPollShare of the time at most.
constexpr core::Duration kJobInterval = 50ms;
constexpr int kPollShare = 20;
constexpr core::Duration kTailTimeout = 200ms;
constexpr core::Duration kMetadataTimeout = 3s;
// The tail reads on a while after the last subscription: the next one usually comes soon.
constexpr auto kIdleTail = 10s;
constexpr int kRetryAfterSeconds = 5;

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
                                                  .index_only_plans = true}),
      per_client_max_(settings.get(kWaitsPerClient)) {
  tail_thread_ = std::jthread([this](const std::stop_token& stop) { tail(stop); });
  poll_thread_ = std::jthread([this](const std::stop_token& stop) { poll(stop); });
}

OrderFeed::~OrderFeed() {
  close();
  stop();
}

void OrderFeed::stop() {
  request_stop();
  if (tail_thread_.joinable()) tail_thread_.join();
  if (poll_thread_.joinable()) poll_thread_.join();
}

asio::awaitable<Checked<std::shared_ptr<Subscription>>> OrderFeed::follow(
    const RequestContext& context, core::Uuid order_id, core::Duration wait,
    std::optional<Job> job) {
  const auto executor = co_await asio::this_coro::executor;
  const std::string client = context.client == nullptr ? "" : context.client->address();
  auto subscription = subscribe(executor, order_id, std::move(job), client);
  if (subscription) {
    context.wait_on_purpose(wait, [weak = std::weak_ptr<Subscription>(*subscription)] {
      if (const auto still = weak.lock()) still->notify();
    });
  }
  co_return subscription;
}

Checked<std::shared_ptr<Subscription>> OrderFeed::subscribe(const asio::any_io_executor& executor,
                                                            const core::Uuid& order_id,
                                                            std::optional<Job> job,
                                                            const std::string& client) {
  const std::lock_guard lock(mutex_);
  if (subscriptions_.size() >= kSubscriptionsMax) {
    return refuse(unavailable("Too many requests wait already; poll instead.", kRetryAfterSeconds));
  }
  std::size_t& of_client = of_client_[client];
  if (of_client >= per_client_max_) {
    return refuse({429, "too_many_waits",
                   "This address waits for as many orders as it may; end some waits, or poll.",
                   true, kRetryAfterSeconds});
  }
  const auto end = [this, order_id, client](Subscription* subscription) {
    delete subscription;
    unsubscribe(order_id, client);
  };
  std::shared_ptr<Subscription> subscription(new Subscription(executor), end);
  ++of_client;
  Subscribed entry;
  entry.subscription = subscription;
  entry.job = std::move(job);
  if (entry.job) ++waiting_jobs_;
  subscriptions_.emplace(order_id, std::move(entry));
  subscriptions_gauge_.Set(static_cast<double>(subscriptions_.size()));
  subscribed_.notify_all();
  return subscription;
}

void OrderFeed::unsubscribe(const core::Uuid& order_id, const std::string& client) {
  const std::lock_guard lock(mutex_);
  auto [next, end] = subscriptions_.equal_range(order_id);
  while (next != end) {
    if (!next->second.subscription.expired()) {
      ++next;
      continue;
    }
    if (next->second.job) --waiting_jobs_;
    next = subscriptions_.erase(next);
  }
  const auto of_client = of_client_.find(client);
  if (--of_client->second == 0) of_client_.erase(of_client);
  subscriptions_gauge_.Set(static_cast<double>(subscriptions_.size()));
}

void OrderFeed::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  request_stop();  // Who waits answers now.
  notify_all();
}

bool OrderFeed::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

// Outside the lock, since the last owner of a subscription takes the lock itself.
void OrderFeed::notify(const std::vector<std::shared_ptr<Subscription>>& waiting) {
  for (const auto& subscription : waiting) {
    if (subscription) subscription->notify();
  }
}

void OrderFeed::notify(const core::Uuid& order_id) {
  std::vector<std::shared_ptr<Subscription>> waiting;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = subscriptions_.equal_range(order_id);
    for (auto it = begin; it != end; ++it) waiting.push_back(it->second.subscription.lock());
  }
  notify(waiting);
}

void OrderFeed::notify_all() {
  std::vector<std::shared_ptr<Subscription>> waiting;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, entry] : subscriptions_) waiting.push_back(entry.subscription.lock());
  }
  notify(waiting);
}

bool OrderFeed::await_poll(const std::stop_token& stop, const LastPoll& last) {
  const auto job_interval = std::clamp(kPollShare * last.took, kJobInterval, kPollInterval);
  std::unique_lock lock(mutex_);
  while (subscribed_.wait(lock, stop, [this] { return !subscriptions_.empty(); })) {
    const bool for_jobs = waiting_jobs_ > 0;
    const auto due = last.began + (for_jobs ? job_interval : kPollInterval);
    if (std::chrono::steady_clock::now() >= due) return true;
    subscribed_.wait_until(lock, stop, due,
                           [this, for_jobs] { return (waiting_jobs_ > 0) != for_jobs; });
  }
  return false;
}

bool OrderFeed::anybody_waits() const {
  const std::lock_guard lock(mutex_);
  return !subscriptions_.empty();
}

void OrderFeed::tail(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
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
  (void)consumer.end_offsets(kMetadataTimeout);  // Connects.
  while (!stop.stop_requested()) {
    await_need(consumer, stop);
    read_while_needed(consumer, stop);
  }
}

void OrderFeed::await_need(core::KafkaConsumer& consumer, const std::stop_token& stop) {
  consumer.unassign();
  std::unique_lock lock(mutex_);
  const auto needed = [this] { return !subscriptions_.empty(); };
  while (!stop.stop_requested() && !subscribed_.wait_for(lock, stop, kPollInterval, needed)) {
    lock.unlock();
    (void)consumer.poll(core::Duration{0});  // What the client tells meanwhile must not pile up.
    lock.lock();
  }
}

// From the end on: who waits already looks again once the end is known, so that nothing is missed
// between their last look and it.
void OrderFeed::read_while_needed(core::KafkaConsumer& consumer, const std::stop_token& stop) {
  const auto follow_end = [&] {
    consumer.assign(consumer.end_offsets(kMetadataTimeout));
    notify_all();
  };
  if (!stop.stop_requested()) follow_end();
  auto last_needed = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    const core::Polled polled = consumer.poll(kTailTimeout);
    if (polled.outcome == core::PollOutcome::kMessage) {
      if (const auto order_id = core::Uuid::parse(polled.message->key())) notify(*order_id);
    } else if (polled.outcome == core::PollOutcome::kOffsetLost) {
      follow_end();
    } else if (polled.outcome == core::PollOutcome::kTopicGone) {
      throw core::Unavailable("the topic is gone; the tail begins anew");
    }
    const auto now = std::chrono::steady_clock::now();
    if (anybody_waits()) last_needed = now;
    if (now - last_needed > kIdleTail) return;
  }
}

void OrderFeed::poll(const std::stop_token& stop) {
  LastPoll last;
  const auto poll_when_due = [this, &stop, &last] {
    if (!await_poll(stop, last)) return core::Duration{0};
    last = {std::chrono::steady_clock::now(), kPollInterval};  // As slow as that if it fails.
    poll_once();
    last.took = core::since(last.began);
    return core::Duration{0};
  };
  core::repeat_until_stopped(stop, kPollInterval, logger_, "subscribed orders", poll_when_due);
}

void OrderFeed::poll_once() {
  core::PgArray orders(core::PgType::kUuid), jobs(core::PgType::kUuid);
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [order_id, entry] : subscriptions_) {
      entry.job ? jobs.add(entry.job->id) : orders.add(order_id);
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
      return !seen.job && std::exchange(seen.version, version) != version;
    });
  }
}

void OrderFeed::compare_jobs(const core::PgResult& rows) {
  for (int row = 0; row < rows.rows(); ++row) {
    update(rows.uuid(row, 0), [job_id = rows.uuid(row, 1),
                               state = std::string(rows.text(row, 2))](Subscribed& seen) {
      return seen.job && seen.job->id == job_id && std::exchange(seen.job->state, state) != state;
    });
  }
}

// Lets each subscription of the order see the news, and notifies those to whom it is new.
void OrderFeed::update(const core::Uuid& order_id, const std::function<bool(Subscribed&)>& news) {
  std::vector<std::shared_ptr<Subscription>> waiting;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = subscriptions_.equal_range(order_id);
    for (auto it = begin; it != end; ++it) {
      if (news(it->second)) waiting.push_back(it->second.subscription.lock());
    }
  }
  notify(waiting);
}

}  // namespace orderflow::http_api
