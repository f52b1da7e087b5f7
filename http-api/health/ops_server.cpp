#include "http-api/health/ops_server.hpp"

#include "http-api/health/health.hpp"
#include "http-api/middleware/middleware.hpp"
#include "http-api/server/dispatcher.hpp"
#include "http-api/server/server.hpp"
#include "http-api/settings.hpp"

namespace orderflow::http_api {
namespace {

ServerOptions small_server(const std::string& host, std::uint16_t port) {
  ServerOptions options;
  options.host = host;
  options.port = port;
  options.port_setting = kMetricsPortBase.name;
  options.connections_max = 100;
  options.stop_timeout = std::chrono::seconds{1};
  return options;
}

}  // namespace

class OpsServer::Impl {
 public:
  Impl(std::string host, std::uint16_t port, core::Metrics& metrics, const core::Health& health,
       core::Logger& logger)
      : host_(std::move(host)),
        port_(port),
        metrics_(metrics),
        logger_(logger),
        dispatcher_(health_routes(health, metrics), {request_metrics(metrics, logger.role()),
                                                     correlation(), error_boundary(logger)}) {}

  void start() {
    server_ = std::make_unique<Server>(small_server(host_, port_), dispatcher_, logger_, metrics_);
    server_->start();
    logger_.info("health and metrics are served", {{"port", server_->port()}});
  }

  void stop() { server_.reset(); }
  [[nodiscard]] std::uint16_t port() const { return server_ ? server_->port() : port_; }

 private:
  std::string host_;
  std::uint16_t port_;
  core::Metrics& metrics_;
  core::Logger& logger_;
  Dispatcher dispatcher_;
  std::unique_ptr<Server> server_;
};

OpsServer::OpsServer(std::string host, std::uint16_t port, core::Metrics& metrics,
                     const core::Health& health, core::Logger& logger)
    : impl_(std::make_unique<Impl>(std::move(host), port, metrics, health, logger)) {}

OpsServer::~OpsServer() { stop(); }

void OpsServer::start() { impl_->start(); }
void OpsServer::stop() { impl_->stop(); }
std::uint16_t OpsServer::port() const { return impl_->port(); }

}  // namespace orderflow::http_api
