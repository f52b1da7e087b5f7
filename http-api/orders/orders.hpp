#pragma once

#include "http-api/orders/orders_backend.hpp"
#include "http-api/orders/place_order.hpp"
#include "http-api/orders/wait_query.hpp"
#include "http-api/server/bind.hpp"

namespace orderflow::http_api {

// POST /orders, GET /orders/{id}, GET /orders/{id}/status.
class Orders {
 public:
  explicit Orders(OrdersBackend& backend) : backend_(backend) {}

  asio::awaitable<Checked<Response>> place(const RequestContext& context, Body<PlaceOrder> body);
  asio::awaitable<Checked<Response>> get(const RequestContext& context, Path<core::Uuid> id);
  asio::awaitable<Checked<Response>> status(const RequestContext& context, Path<core::Uuid> id,
                                            Query<WaitQuery> query);

 private:
  asio::awaitable<Checked<PricedItems>> check_references(const PlaceOrder& wanted);
  asio::awaitable<Checked<Response>> write(NewOrder order);

  OrdersBackend& backend_;
};

}  // namespace orderflow::http_api
