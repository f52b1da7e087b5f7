#pragma once

#include <memory>

#include "http-api/orders/order_requests.hpp"
#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// What operators see and do, under /admin.
[[nodiscard]] std::unique_ptr<ApiContext> make_admin(const ApiEnvironment& environment,
                                                     OrderRequests& requests,
                                                     OwnerNotifier& notifier);

}  // namespace orderflow::http_api
