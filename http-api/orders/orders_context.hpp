#pragma once

#include "http-api/orders/order_requests.hpp"
#include "http-api/orders/orders_backend.hpp"
#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// The orders context: placing, reading and following orders, what people ask of them, and the jobs
// that come of it.
class OrdersContext final : public ApiContext {
 public:
  explicit OrdersContext(const ApiEnvironment& environment);

  std::vector<Route> routes() override;
  KeyStore* keys() override { return &backend_.keys; }
  void end_waits() override { backend_.feed.close(); }
  void request_stop() override { backend_.request_stop(); }
  void stop() override { backend_.stop(); }

  // What other contexts have of this one.
  [[nodiscard]] OrderRequests& requests() { return requests_; }
  [[nodiscard]] OwnerNotifier& notifier() { return backend_.notifier; }
  [[nodiscard]] LoadShedder& shedder() { return backend_.backlog.shedder(); }
  // Safe from any thread.
  void product_changed(const core::Uuid& id) { backend_.references.forget_product(id); }

 private:
  OrdersBackend backend_;
  OrderRequests requests_;
};

}  // namespace orderflow::http_api
