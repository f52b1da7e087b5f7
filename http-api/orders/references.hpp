#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/async/aging_cache.hpp"
#include "core/pg/session_pool.hpp"
#include "core/values/uuid.hpp"
#include "http-api/orders/place_order.hpp"
#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// What an order refers to in other contexts, looked up through caches by sessions of its own:
// products as they were about a second ago; of users only that they exist, which nothing takes
// back. Safe from any thread.
class OrderReferences {
 public:
  explicit OrderReferences(const ApiEnvironment& environment);

  void request_stop();
  void stop();

  asio::awaitable<bool> user_exists(core::Uuid id);
  // One entry for each id, in order; empty where there is no such product.
  asio::awaitable<std::vector<std::optional<PricedProduct>>> products(std::vector<core::Uuid> ids);

  // The product has changed: the next order sees it as it is.
  void forget_product(const core::Uuid& id) { products_.forget(id); }

 private:
  std::unique_ptr<core::SessionPool> identity_;
  std::unique_ptr<core::SessionPool> catalogue_;
  core::AgingCache<core::Uuid, bool> users_{std::chrono::minutes{1}};
  core::AgingCache<core::Uuid, PricedProduct> products_{std::chrono::seconds{1}};
};

}  // namespace orderflow::http_api
