#pragma once

#include "http-api/orders/order_requests.hpp"
#include "http-api/server/bind.hpp"

namespace orderflow::http_api {

// A body without fields.
struct NoFields {
  [[nodiscard]] static NoFields read(BodyReader& /*body*/) { return {}; }
};

struct OptionalReason {
  std::string reason;

  [[nodiscard]] static OptionalReason read(BodyReader& body) {
    return {body.text("reason", kOptionalReason, Presence::kOptional).value_or("")};
  }
};

struct NewStatus {
  saga::OrderStatus status = saga::OrderStatus::kCancelled;
  std::string reason;

  [[nodiscard]] static NewStatus read(BodyReader& body);
};

// POST /orders/{id}/confirm, /cancel, /retry and PUT /orders/{id}/status.
class RequestsOfOrders {
 public:
  explicit RequestsOfOrders(OrderRequests& requests) : requests_(requests) {}

  asio::awaitable<Checked<Response>> confirm(const RequestContext& context, Path<core::Uuid> id,
                                             Body<NoFields> body);
  asio::awaitable<Checked<Response>> cancel(const RequestContext& context, Path<core::Uuid> id,
                                            Body<OptionalReason> body);
  asio::awaitable<Checked<Response>> retry(const RequestContext& context, Path<core::Uuid> id,
                                           Body<NoFields> body);
  asio::awaitable<Checked<Response>> set_status(const RequestContext& context, Path<core::Uuid> id,
                                                Body<NewStatus> body);

 private:
  OrderRequests& requests_;
};

}  // namespace orderflow::http_api
