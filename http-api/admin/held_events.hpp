#pragma once

#include "core/pg/session_pool.hpp"
#include "http-api/admin/held_event_rows.hpp"
#include "http-api/admin/sagas.hpp"
#include "http-api/orders/order_requests.hpp"
#include "http-api/server/bind.hpp"

namespace orderflow::http_api {

// GET /admin/held-events and POST /admin/held-events/{id}/release, whose id is an order's.
class AdminHeldEvents {
 public:
  AdminHeldEvents(core::SessionPool& sessions, OrderRequests& requests)
      : sessions_(sessions), requests_(requests) {}

  asio::awaitable<Checked<Response>> list(Query<PageRequest> page);
  asio::awaitable<Checked<Response>> release(const RequestContext& context, Path<core::Uuid> id,
                                             Body<OperatorReason> body);

 private:
  core::SessionPool& sessions_;
  OrderRequests& requests_;
};

}  // namespace orderflow::http_api
