#pragma once

#include "http-api/orders/orders_backend.hpp"
#include "http-api/server/bind.hpp"
#include "http-api/server/list.hpp"

namespace orderflow::http_api {

struct OrderFilter {
  std::optional<core::Uuid> user_id;
  std::optional<saga::OrderStatus> status;
  std::optional<core::Time> from;
  std::optional<core::Time> to;
  PageRequest page;

  [[nodiscard]] static OrderFilter read(QueryReader& query);
};

// The orders that were placed in [from, to), of that user and at that status; what is not given
// does not matter.
[[nodiscard]] KeysetQuery list_orders(const OrderFilter& filter);

// GET /orders and GET /users/{id}/orders.
class OrderLists {
 public:
  explicit OrderLists(OrdersBackend& backend) : backend_(backend) {}

  asio::awaitable<Checked<Response>> all(Query<OrderFilter> filter);
  asio::awaitable<Checked<Response>> of_user(Path<core::Uuid> user_id, Query<PageRequest> page);

 private:
  asio::awaitable<Checked<Response>> list(OrderFilter filter);

  OrdersBackend& backend_;
};

}  // namespace orderflow::http_api
