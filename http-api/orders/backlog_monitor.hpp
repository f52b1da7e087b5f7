#pragma once

#include <stop_token>
#include <thread>

#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"
#include "http-api/middleware/load_shedding.hpp"
#include "http-api/orders/owner_silence.hpp"

namespace orderflow::http_api {

// Reads how far behind the owners are, in time, and tells the load shedder. On a thread and a
// session of its own: four times a second while something waits, once a second else. Without an
// answer nothing is refused (the order writer says what is down).
class BacklogMonitor {
 public:
  BacklogMonitor(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics);
  ~BacklogMonitor();
  BacklogMonitor(const BacklogMonitor&) = delete;
  BacklogMonitor& operator=(const BacklogMonitor&) = delete;

  void request_stop() { thread_.request_stop(); }

  [[nodiscard]] LoadShedder& shedder() { return shedder_; }

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] core::Duration read_age();

  core::Logger& logger_;
  core::PgSession session_;  // the thread's
  prometheus::Gauge& age_gauge_;
  OwnerSilence silence_;
  LoadShedder shedder_;
  std::jthread thread_;
};

}  // namespace orderflow::http_api
