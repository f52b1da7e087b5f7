#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"

namespace orderflow::http_api {

// The small server of every role but the API, on the address that ORDERFLOW_HTTP_HOST names:
// /health, /health/live, /health/ready, /metrics. One thread.
class OpsServer {
 public:
  OpsServer(std::string host, std::uint16_t port, core::Metrics& metrics,
            const core::Health& health, core::Logger& logger);
  ~OpsServer();  // stop()
  OpsServer(const OpsServer&) = delete;
  OpsServer& operator=(const OpsServer&) = delete;

  // Throws BadConfiguration, which names the setting, when the port cannot be had.
  void start();
  void stop();
  [[nodiscard]] std::uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orderflow::http_api
