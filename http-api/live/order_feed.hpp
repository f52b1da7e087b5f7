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

#include "core/kafka/consumer.hpp"
#include "core/kafka/options.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

namespace asio = boost::asio;

// One coroutine's wait for changes of an order. Made by OrderFeed::follow; its end ends the
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
// all subscriptions together. While nobody waits nothing is read; the tail's connections stay, so
// that the next one who waits is served at once. Bounded in subscriptions, in all and by client.
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
  // Notifies nobody any more once it has returned.
  void stop();

  // A job of the order, and its state as the request has seen it.
  struct Job {
    core::Uuid id;
    std::string state;
  };

  // Subscribes a request that may wait for so long; it is notified as well when its client leaves.
  // With a job the query looks for changes of that job, not of the order. Refused when there are as
  // many subscriptions as there may be.
  asio::awaitable<Checked<std::shared_ptr<Subscription>>> follow(const RequestContext& context,
                                                                 core::Uuid order_id,
                                                                 core::Duration wait,
                                                                 std::optional<Job> job = {});

  // Notifies everybody: the server stops, answer with what is known.
  void close();
  [[nodiscard]] bool closed() const;

 private:
  struct Subscribed {
    std::weak_ptr<Subscription> subscription;
    std::optional<Job> job;     // as last seen
    std::int64_t version = -1;  // of the saga, as last seen by the poll
  };
  using Subscriptions = std::unordered_multimap<core::Uuid, Subscribed>;

  [[nodiscard]] Checked<std::shared_ptr<Subscription>> subscribe(
      const asio::any_io_executor& executor, const core::Uuid& order_id, std::optional<Job> job,
      const std::string& client);
  void unsubscribe(const core::Uuid& order_id, const std::string& client);
  static void notify(const std::vector<std::shared_ptr<Subscription>>& waiting);
  void notify(const core::Uuid& order_id);
  void notify_all();
  struct LastPoll {
    core::SteadyTime began{};
    core::Duration took{0};
  };
  // True when the next poll is due; false at the stop.
  bool await_poll(const std::stop_token& stop, const LastPoll& last);
  [[nodiscard]] bool anybody_waits() const;

  void tail(const std::stop_token& stop);
  void read_tail(const std::stop_token& stop);
  void await_need(core::KafkaConsumer& consumer, const std::stop_token& stop);
  void read_while_needed(core::KafkaConsumer& consumer, const std::stop_token& stop);
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
  std::size_t per_client_max_;
  Subscriptions subscriptions_;
  std::size_t waiting_jobs_ = 0;                            // Subscriptions of jobs.
  std::unordered_map<std::string, std::size_t> of_client_;  // How many subscriptions.
  bool closed_ = false;
  std::jthread tail_thread_;
  std::jthread poll_thread_;
};

}  // namespace orderflow::http_api
