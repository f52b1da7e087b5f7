#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"

namespace orderflow::http_api {

// The small server of every role but the API, on the address that ORDERFLOW_HTTP_HOST names:
// /health, /health/live, /health/ready, /metrics. One thread. A second process of a role on the
// same machine finds the port busy; since nothing depends on that number, it takes a free one and
// logs which.
class OpsServer {
 public:
  OpsServer(std::string host, std::uint16_t port, core::Metrics& metrics,
            const core::Health& health, core::Logger& logger);
  ~OpsServer();  // stop()
  OpsServer(const OpsServer&) = delete;
  OpsServer& operator=(const OpsServer&) = delete;

  void start();
  void stop();
  [[nodiscard]] std::uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orderflow::http_api
