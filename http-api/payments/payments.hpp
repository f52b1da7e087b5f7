#pragma once

#include <memory>

#include "http-api/orders/order_requests.hpp"
#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// GET /payments, GET /payments/{id}, GET /users/{id}/payments; POST /payments and POST /refunds,
// which are requests to the order's owner, since all money of an order moves by its command; GET
// and POST /users/{id}/balance.
[[nodiscard]] std::unique_ptr<ApiContext> make_payments(const ApiEnvironment& environment,
                                                        OrderRequests& requests);

}  // namespace orderflow::http_api
