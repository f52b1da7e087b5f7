#pragma once

#include <stop_token>
#include <thread>

#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/session.hpp"
#include "core/settings/config.hpp"
#include "http-api/orders/admission.hpp"

namespace orderflow::http_api {

// Asks how far behind the owners are, in time, and tells it to the admission of new orders. On a
// thread and a connection of its own: four times a second while something waits, once a second
// else. Without an answer nothing is turned away (the writer will say what is down).
class Backpressure {
 public:
  Backpressure(const core::Config& config, core::Logger& logger, core::Metrics& metrics);
  ~Backpressure();
  Backpressure(const Backpressure&) = delete;
  Backpressure& operator=(const Backpressure&) = delete;

  void request_stop() { thread_.request_stop(); }

  [[nodiscard]] Admission& admission() { return admission_; }

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] core::Duration read_age();

  core::Logger& logger_;
  core::PgSession session_;  // the thread's
  prometheus::Gauge& age_gauge_;
  Admission admission_;
  std::jthread thread_;
};

}  // namespace orderflow::http_api
