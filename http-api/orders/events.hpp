#pragma once

#include "http-api/orders/orders_backend.hpp"
#include "http-api/server/bind.hpp"

namespace orderflow::http_api {

// GET /orders/{id}/events: the history as a list, or live as server-sent events.
class OrderEvents {
 public:
  explicit OrderEvents(OrdersBackend& backend) : backend_(backend) {}

  asio::awaitable<Checked<Response>> get(const RequestContext& context, Path<core::Uuid> id,
                                         Query<PageRequest> page);

 private:
  asio::awaitable<Checked<Response>> list(core::Uuid id, PageRequest page);
  asio::awaitable<Checked<Response>> stream(const RequestContext& context, core::Uuid id);

  OrdersBackend& backend_;
};

}  // namespace orderflow::http_api
