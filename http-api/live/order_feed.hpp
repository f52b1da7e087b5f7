#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/kafka/options.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::http_api {

namespace asio = boost::asio;

// One coroutine's wait for changes of an order. Made by OrderFeed::subscribe; its end ends the
// subscription. Used on its coroutine's thread, except notify().
class Subscription : public std::enable_shared_from_this<Subscription> {
 public:
  explicit Subscription(const asio::any_io_executor& executor) : timer_(executor) {}

  // Returns when the order may have changed, at the latest at `deadline`. A notification that comes
  // while nobody waits is kept.
  asio::awaitable<void> wait_until(core::SteadyTime deadline);

  // From any thread.
  void notify();

 private:
  asio::steady_timer timer_;
  bool notified_ = false;
};

// Tells waiting requests (`?wait=`, event streams) that an order may have changed; they then read
// it again through OrderReader, which gathers those reads too. The feed is one tail of
// orders.events for the whole process and, since any message may be lost, one query a second for
// all subscriptions together. Nothing is read while nobody waits. Bounded in subscriptions.
class OrderFeed {
 public:
  OrderFeed(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics);
  ~OrderFeed();
  OrderFeed(const OrderFeed&) = delete;
  OrderFeed& operator=(const OrderFeed&) = delete;

  void request_stop() {
    tail_thread_.request_stop();
    poll_thread_.request_stop();
  }

  // Null when there are as many subscriptions as there may be. With a job, its changes notify as
  // well.
  [[nodiscard]] std::shared_ptr<Subscription> subscribe(const asio::any_io_executor& executor,
                                                        const core::Uuid& order_id,
                                                        std::optional<core::Uuid> job_id = {});

  // Notifies everybody: the server stops, answer with what is known.
  void close();
  [[nodiscard]] bool closed() const;

 private:
  struct Subscribed {
    std::weak_ptr<Subscription> subscription;
    std::optional<core::Uuid> job_id;
    std::int64_t version = -1;  // of the saga, as last seen by the poll
    std::string job_state;
  };
  using Subscriptions = std::unordered_multimap<core::Uuid, Subscribed>;

  void unsubscribe(const core::Uuid& order_id);
  void notify(const core::Uuid& order_id);
  bool await_subscriptions(const std::stop_token& stop);

  void tail(const std::stop_token& stop);
  void read_tail(const std::stop_token& stop);
  void poll(const std::stop_token& stop);
  void poll_once();
  void compare_sagas(const core::PgResult& rows);
  void compare_jobs(const core::PgResult& rows);
  void update(const core::Uuid& order_id, const std::function<bool(Subscribed&)>& news);

  core::KafkaOptions kafka_options_;
  std::string topic_;
  core::Logger& logger_;
  prometheus::Gauge& subscriptions_gauge_;
  core::PgSession session_;  // the poll's
  mutable std::mutex mutex_;
  std::condition_variable_any subscribed_;
  Subscriptions subscriptions_;
  bool closed_ = false;
  std::jthread tail_thread_;
  std::jthread poll_thread_;
};

}  // namespace orderflow::http_api
