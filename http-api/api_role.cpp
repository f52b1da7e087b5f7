#include "http-api/api_role.hpp"

#include <condition_variable>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>

#include "http-api/admin/admin.hpp"
#include "http-api/admin/housekeeper.hpp"
#include "http-api/catalogue/catalogue.hpp"
#include "http-api/deliveries/deliveries.hpp"
#include "http-api/docs/docs.hpp"
#include "http-api/health/health.hpp"
#include "http-api/middleware/middleware.hpp"
#include "http-api/orders/orders_context.hpp"
#include "http-api/payments/payments.hpp"
#include "http-api/people/people.hpp"
#include "http-api/server/dispatcher.hpp"
#include "http-api/server/server.hpp"
#include "http-api/settings.hpp"

namespace orderflow::http_api {
namespace {

// The contexts of the API. `orders` comes first, since others ask it for something.
class Contexts {
 public:
  explicit Contexts(const ApiEnvironment& environment) {
    auto orders = std::make_unique<OrdersContext>(environment);
    orders_ = orders.get();
    contexts_.push_back(std::move(orders));
    contexts_.push_back(make_people(environment));
    contexts_.push_back(make_catalogue(
        environment, [this](const core::Uuid& product) { orders_->product_changed(product); }));
    contexts_.push_back(make_payments(environment, orders_->requests()));
    contexts_.push_back(make_deliveries(environment));
    contexts_.push_back(
        make_admin(environment, orders_->requests(), orders_->notifier(), key_stores()));
  }
  // The last first: none outlives what it asks.
  ~Contexts() {
    while (!contexts_.empty()) contexts_.pop_back();
  }
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;

  [[nodiscard]] std::vector<Route> routes() {
    std::vector<Route> all;
    for (const auto& context : contexts_) {
      auto routes = context->routes();
      std::move(routes.begin(), routes.end(), std::back_inserter(all));
    }
    return all;
  }
  [[nodiscard]] KeyStores key_stores() {
    KeyStores stores;
    for (const auto& context : contexts_) {
      if (KeyStore* keys = context->keys()) stores.emplace(keys->name(), keys);
    }
    return stores;
  }
  [[nodiscard]] LoadShedder& shedder() { return orders_->shedder(); }

  void end_waits() {
    for (const auto& context : contexts_) context->end_waits();
  }
  void request_stop() {
    for (const auto& context : contexts_) context->request_stop();
  }
  void stop() {
    for (const auto& context : contexts_) context->stop();
  }

 private:
  std::vector<std::unique_ptr<ApiContext>> contexts_;
  OrdersContext* orders_ = nullptr;
};

std::vector<Route> all_routes(Contexts& contexts, const core::Health& health,
                              const core::Metrics& metrics) {
  std::vector<Route> all = contexts.routes();
  for (auto routes : {health_routes(health, metrics), docs_routes()}) {
    std::move(routes.begin(), routes.end(), std::back_inserter(all));
  }
  return all;
}

std::vector<Middleware> layers(const ApiEnvironment& environment, LoadShedder& shedder,
                               KeyStores keys) {
  return {request_metrics(environment.metrics, environment.logger.role()),
          correlation(),
          access_log(environment.logger),
          error_boundary(environment.logger),
          authorization(environment.settings.get(kInternalApiKey)),
          load_shedding(shedder),
          json_body(),
          idempotency(std::move(keys))};
}

std::vector<std::string> contexts_with_keys(const KeyStores& stores) {
  std::vector<std::string> contexts;
  for (const auto& [name, store] : stores) {
    if (store->table() != nullptr) contexts.emplace_back(store->table()->schema);
  }
  return contexts;
}

void wait_for(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, stop, [] { return false; });
}

}  // namespace

void run_api(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
             core::Health& health, const std::stop_token& stop) {
  const ApiEnvironment environment{settings, logger, metrics, health};
  Contexts contexts(environment);
  const Dispatcher dispatcher(all_routes(contexts, health, metrics),
                              layers(environment, contexts.shedder(), contexts.key_stores()));
  Housekeeper housekeeper(environment, contexts_with_keys(contexts.key_stores()));
  Server server(server_options(settings, logger), dispatcher, logger, metrics);
  server.start();
  logger.info("the HTTP API is served",
              {{"host", settings.get(kHttpHost)}, {"port", server.port()}});
  wait_for(stop);
  logger.info("stopping");
  contexts.end_waits();
  server.stop();
  housekeeper.request_stop();
  contexts.request_stop();
  contexts.stop();
}

}  // namespace orderflow::http_api
