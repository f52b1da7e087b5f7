#include "http-api/live/live_feed.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>

#include "core/async/periodic.hpp"
#include "core/kafka/consumer.hpp"
#include "core/pg/params.hpp"
#include "core/values/failure.hpp"
#include "events/topics.hpp"

namespace orderflow::http_api {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kWatchersMax = 5'000;
constexpr core::Duration kSweepInterval = 1s;
constexpr core::Duration kPollTimeout = 200ms;
constexpr core::Duration kMetadataTimeout = 3s;
// The tail stays a while after the last watcher left: the next one usually comes soon.
constexpr auto kIdleTail = 10s;

constexpr core::PgStatement kSagaVersions{
    "api_watched_sagas",
    "SELECT order_id, version FROM orders.sagas WHERE order_id = ANY($1::uuid[])"};
constexpr core::PgStatement kJobStates{
    "api_watched_jobs",
    "SELECT order_id, id, state FROM orders.requests WHERE id = ANY($1::uuid[])"};

}  // namespace

asio::awaitable<void> Bell::wait_until(core::SteadyTime deadline) {
  if (!rung_) {
    timer_.expires_at(deadline);
    boost::system::error_code error;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    // Either the bell rang, or the request was cancelled by its deadline or a client that left.
    if (error && !rung_) throw boost::system::system_error(error);
  }
  rung_ = false;
}

void Bell::ring() {
  asio::post(timer_.get_executor(), [self = shared_from_this()] {
    self->rung_ = true;
    self->timer_.cancel();
  });
}

LiveFeed::LiveFeed(const core::Config& config, core::Logger& logger, core::Metrics& metrics)
    : kafka_options_(core::kafka_options(config, "orderflow-api-tail")),
      topic_(events::Topics(config.text("topic-prefix"))[events::Topic::kOrdersEvents]),
      logger_(logger),
      watching_(metrics.gauge("live_watchers", "Requests that wait for news of an order.")),
      session_(config.text("database-url"), {.application_name = "orderflow-api-watch",
                                             .role = "orderflow_orders",
                                             .answer_timeout = 5s,
                                             .index_only_plans = true}) {
  tail_thread_ = std::jthread([this](const std::stop_token& stop) { tail(stop); });
  sweep_thread_ = std::jthread([this](const std::stop_token& stop) { sweep(stop); });
}

LiveFeed::~LiveFeed() {
  close();
  tail_thread_.request_stop();
  sweep_thread_.request_stop();
  if (tail_thread_.joinable()) tail_thread_.join();
  if (sweep_thread_.joinable()) sweep_thread_.join();
}

std::shared_ptr<Bell> LiveFeed::watch(const asio::any_io_executor& executor,
                                      const core::Uuid& order_id,
                                      std::optional<core::Uuid> job_id) {
  const std::lock_guard lock(mutex_);
  if (watches_.size() >= kWatchersMax) return nullptr;
  const auto forget_it = [this, order_id](Bell* bell) {
    delete bell;
    forget(order_id);
  };
  std::shared_ptr<Bell> bell(new Bell(executor), forget_it);
  Watch watch;
  watch.bell = bell;
  watch.job_id = job_id;
  watches_.emplace(order_id, std::move(watch));
  watching_.Set(static_cast<double>(watches_.size()));
  watchers_changed_.notify_all();
  return bell;
}

void LiveFeed::forget(const core::Uuid& order_id) {
  const std::lock_guard lock(mutex_);
  auto [next, end] = watches_.equal_range(order_id);
  while (next != end) {
    next = next->second.bell.expired() ? watches_.erase(next) : std::next(next);
  }
  watching_.Set(static_cast<double>(watches_.size()));
}

void LiveFeed::close() {
  std::vector<std::shared_ptr<Bell>> bells;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [id, watch] : watches_) bells.push_back(watch.bell.lock());
  }
  for (const auto& bell : bells) {
    if (bell) bell->ring();
  }
}

bool LiveFeed::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

// Bells are rung, and let go of, outside the lock: the last owner of a bell takes the lock itself.
void LiveFeed::ring(const core::Uuid& order_id) {
  std::vector<std::shared_ptr<Bell>> bells;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = watches_.equal_range(order_id);
    for (auto it = begin; it != end; ++it) bells.push_back(it->second.bell.lock());
  }
  for (const auto& bell : bells) {
    if (bell) bell->ring();
  }
}

bool LiveFeed::await_watchers(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  return watchers_changed_.wait(lock, stop, [this] { return !watches_.empty(); });
}

void LiveFeed::tail(const std::stop_token& stop) {
  while (await_watchers(stop)) {
    try {
      read_tail(stop);
    } catch (const std::exception& error) {
      // The sweep tells the same a little later.
      logger_.debug("the tail of orders.events broke", {{"error", error.what()}});
      std::unique_lock lock(mutex_);
      watchers_changed_.wait_for(lock, stop, kSweepInterval, [] { return false; });
    }
  }
}

void LiveFeed::read_tail(const std::stop_token& stop) {
  core::KafkaConsumer consumer(kafka_options_, logger_, topic_, "", nullptr);
  const auto assign_end = [&] {
    std::vector<core::PartitionOffset> all;
    for (std::int32_t p = 0; p < consumer.partition_count(kMetadataTimeout); ++p) {
      all.push_back({p, RD_KAFKA_OFFSET_END});
    }
    consumer.assign(all);
  };
  assign_end();
  auto last_needed = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    const core::Polled polled = consumer.poll(kPollTimeout);
    if (polled.outcome == core::PollOutcome::kMessage) {
      if (const auto order_id = core::Uuid::parse(polled.message->key())) ring(*order_id);
    } else if (polled.outcome == core::PollOutcome::kOffsetLost) {
      assign_end();
    } else if (polled.outcome == core::PollOutcome::kTopicGone) {
      throw core::Unavailable("the topic is gone; the tail begins anew");
    }
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    if (!watches_.empty()) last_needed = now;
    if (now - last_needed > kIdleTail) return;
  }
}

void LiveFeed::sweep(const std::stop_token& stop) {
  repeat_until_stopped(stop, kSweepInterval, logger_, "watched orders", [this, &stop] {
    if (await_watchers(stop)) sweep_once();
  });
}

void LiveFeed::sweep_once() {
  core::PgArray orders(core::PgType::kUuid), jobs(core::PgType::kUuid);
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [order_id, watch] : watches_) {
      orders.add(order_id);
      if (watch.job_id) jobs.add(*watch.job_id);
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

void LiveFeed::compare_sagas(const core::PgResult& rows) {
  for (int row = 0; row < rows.rows(); ++row) {
    const core::Uuid order_id = rows.uuid(row, 0);
    bool changed = false;
    {
      const std::lock_guard lock(mutex_);
      const auto [begin, end] = watches_.equal_range(order_id);
      for (auto it = begin; it != end; ++it) {
        changed = changed || it->second.version != rows.int8(row, 1);
        it->second.version = rows.int8(row, 1);
      }
    }
    if (changed) ring(order_id);
  }
}

void LiveFeed::compare_jobs(const core::PgResult& rows) {
  for (int row = 0; row < rows.rows(); ++row) {
    const core::Uuid order_id = rows.uuid(row, 0);
    bool changed = false;
    {
      const std::lock_guard lock(mutex_);
      const auto [begin, end] = watches_.equal_range(order_id);
      for (auto it = begin; it != end; ++it) {
        if (it->second.job_id != rows.uuid(row, 1)) continue;
        changed = changed || it->second.job_state != rows.text(row, 2);
        it->second.job_state = rows.text(row, 2);
      }
    }
    if (changed) ring(order_id);
  }
}

}  // namespace orderflow::http_api
