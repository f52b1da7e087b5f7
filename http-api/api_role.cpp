#include "http-api/api_role.hpp"

#include <condition_variable>
#include <iterator>
#include <mutex>
#include <utility>

#include "http-api/frontends.hpp"
#include "http-api/health/health.hpp"
#include "http-api/server/dispatcher.hpp"
#include "http-api/server/server.hpp"
#include "http-api/services.hpp"

namespace orderflow::http_api {
namespace {

std::vector<Route> all_routes(Services& services, const core::Health& health,
                              const core::Metrics& metrics) {
  std::vector<Route> all;
  const auto add = [&all](std::vector<Route> routes) {
    std::move(routes.begin(), routes.end(), std::back_inserter(all));
  };
  add(order_routes(services));
  add(order_request_routes(services));
  add(order_list_routes(services));
  add(order_event_routes(services));
  add(job_routes(services));
  add(user_routes(services));
  add(balance_routes(services));
  add(payment_routes(services));
  add(delivery_routes(services));
  add(product_routes(services));
  add(admin_saga_routes(services));
  add(admin_dead_letter_routes(services));
  add(health_routes(health, metrics));
  add(docs_routes());
  return all;
}

void wait_for(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, stop, [] { return false; });
}

}  // namespace

void run_api(const core::Config& config, core::Logger& logger, core::Metrics& metrics,
             core::Health& health, const std::stop_token& stop) {
  Services services(config, logger, metrics);
  const Dispatcher dispatcher(all_routes(services, health, metrics), logger, metrics);
  Server server(server_options(config), dispatcher, logger, metrics);
  server.start();
  logger.info("the HTTP API is served",
              {{"host", config.text("http-host")}, {"port", server.port()}});
  wait_for(stop);
  logger.info("stopping");
  services.feed.close();  // Waiting requests answer now, streams end.
  server.stop();
  services.request_stop();
  services.writer.stop();
  services.publisher.stop();
}

}  // namespace orderflow::http_api
