#pragma once

#include <memory>
#include <optional>

#include "http-api/orders/order_requests.hpp"
#include "http-api/server/api_context.hpp"
#include "http-api/server/list.hpp"

namespace orderflow::http_api {

// All payments, or those of one account.
[[nodiscard]] KeysetQuery list_payments(const std::optional<core::Uuid>& account_id);

// GET /payments, GET /payments/{id}, GET /users/{id}/payments; POST /payments and POST /refunds,
// which are requests to the order's owner, since all money of an order moves by its command; GET
// and POST /users/{id}/balance.
[[nodiscard]] std::unique_ptr<ApiContext> make_payments(const ApiEnvironment& environment,
                                                        OrderRequests& requests);

}  // namespace orderflow::http_api
