#pragma once

#include "http-api/orders/job_rows.hpp"
#include "http-api/orders/orders_backend.hpp"
#include "http-api/orders/wait_query.hpp"
#include "http-api/server/bind.hpp"

namespace orderflow::http_api {

// GET /jobs/{id}.
class Jobs {
 public:
  explicit Jobs(OrdersBackend& backend) : backend_(backend) {}

  asio::awaitable<Checked<Response>> get(const RequestContext& context, Path<core::Uuid> id,
                                         Query<WaitQuery> query);

 private:
  OrdersBackend& backend_;
};

}  // namespace orderflow::http_api
