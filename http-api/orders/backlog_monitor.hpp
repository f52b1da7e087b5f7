#pragma once

#include <cstdint>
#include <stop_token>
#include <thread>

#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"
#include "http-api/middleware/load_shedding.hpp"
#include "http-api/orders/broker_outage.hpp"
#include "http-api/orders/owner_silence.hpp"

namespace orderflow::http_api {

// Reads how far behind the owners are, in time, and tells the load shedder; while the broker is
// away and until the orders of that time are worked off, how many orders wait instead, of which
// there may be ORDERFLOW_WAITING_ORDERS_LIMIT. On a thread and a session of its own: four times a
// second while something waits, once a second else. Without an answer nothing is refused (the order
// writer says what is down).
class BacklogMonitor {
 public:
  // `health` tells whether the broker is up, as the component "kafka".
  BacklogMonitor(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
                 const core::Health& health);
  ~BacklogMonitor();
  BacklogMonitor(const BacklogMonitor&) = delete;
  BacklogMonitor& operator=(const BacklogMonitor&) = delete;

  void request_stop() { thread_.request_stop(); }

  [[nodiscard]] LoadShedder& shedder() { return shedder_; }

 private:
  void run(const std::stop_token& stop);
  void look();
  [[nodiscard]] core::Duration read_age();
  [[nodiscard]] bool too_many_wait();

  core::Logger& logger_;
  const core::Health& health_;
  const core::Duration age_limit_;
  const std::int64_t waiting_limit_;
  core::PgSession session_;  // the thread's
  prometheus::Gauge& age_gauge_;
  BrokerOutage outage_;
  bool in_outage_ = false;
  OwnerSilence silence_;
  LoadShedder shedder_;
  std::jthread thread_;
};

}  // namespace orderflow::http_api
