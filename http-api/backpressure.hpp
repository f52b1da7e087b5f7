#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

#include "core/config.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/pg_session.hpp"

namespace orderflow::http_api {

// Knows how old the oldest item is that owners could work on but have not: by that age, not by the
// length of a queue, new orders are turned away. Asked once a second on a thread and a connection
// of its own; without a recent answer nothing is turned away (the writer will say what is down).
class Backpressure {
 public:
  Backpressure(const core::Config& config, core::Logger& logger, core::Metrics& metrics);
  ~Backpressure();
  Backpressure(const Backpressure&) = delete;
  Backpressure& operator=(const Backpressure&) = delete;

  void request_stop() { thread_.request_stop(); }

  [[nodiscard]] bool too_old() const;
  [[nodiscard]] int retry_after_seconds() const;

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] core::Duration read_age();

  core::Logger& logger_;
  core::Duration limit_;
  core::PgSession session_;  // the thread's
  prometheus::Gauge& age_gauge_;
  std::atomic<std::int64_t> age_us_{0};
  std::jthread thread_;
};

}  // namespace orderflow::http_api
