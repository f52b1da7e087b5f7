#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
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
#include "core/settings/config.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::http_api {

namespace asio = boost::asio;

// One coroutine's wait for news of an order. Made by LiveFeed::watch; ends its watch when it goes.
// Used on its coroutine's thread, except ring().
class Bell : public std::enable_shared_from_this<Bell> {
 public:
  explicit Bell(const asio::any_io_executor& executor) : timer_(executor) {}

  // Returns when there may be news, at the latest at `deadline`. A ring while nobody waits is kept.
  asio::awaitable<void> wait_until(core::SteadyTime deadline);

  // From any thread.
  void ring();

 private:
  asio::steady_timer timer_;
  bool rung_ = false;
};

// Tells waiting requests (`?wait=`, event streams) that an order may have changed; they then read
// it again through OrderReader, which gathers those reads too. The news come from one tail of
// orders.events for the whole process, and, since any message may be lost, from one query a second
// for all watched ids together. Nothing is read while nobody waits. Bounded in watchers.
class LiveFeed {
 public:
  LiveFeed(const core::Config& config, core::Logger& logger, core::Metrics& metrics);
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  void request_stop() {
    tail_thread_.request_stop();
    sweep_thread_.request_stop();
  }

  // Null when there are as many watchers as there may be. With a job, its changes ring as well.
  [[nodiscard]] std::shared_ptr<Bell> watch(const asio::any_io_executor& executor,
                                            const core::Uuid& order_id,
                                            std::optional<core::Uuid> job_id = {});

  // Wakes every watcher: the server stops, answer with what is known.
  void close();
  [[nodiscard]] bool closed() const;

 private:
  struct Watch {
    std::weak_ptr<Bell> bell;
    std::optional<core::Uuid> job_id;
    std::int64_t version = -1;  // of the saga, as last seen by the sweep
    std::string job_state;
  };
  using Watches = std::unordered_multimap<core::Uuid, Watch>;

  void forget(const core::Uuid& order_id);
  void ring(const core::Uuid& order_id);
  bool await_watchers(const std::stop_token& stop);

  void tail(const std::stop_token& stop);
  void read_tail(const std::stop_token& stop);
  void sweep(const std::stop_token& stop);
  void sweep_once();
  void compare_sagas(const core::PgResult& rows);
  void compare_jobs(const core::PgResult& rows);

  core::KafkaOptions kafka_options_;
  std::string topic_;
  core::Logger& logger_;
  prometheus::Gauge& watching_;
  core::PgSession session_;  // the sweep's
  mutable std::mutex mutex_;
  std::condition_variable_any watchers_changed_;
  Watches watches_;
  bool closed_ = false;
  std::jthread tail_thread_;
  std::jthread sweep_thread_;
};

}  // namespace orderflow::http_api
