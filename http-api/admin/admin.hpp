#pragma once

#include <memory>

#include "http-api/middleware/middleware.hpp"
#include "http-api/orders/order_requests.hpp"
#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// What operators see and do, under /admin. `keys`: the stores of the contexts that they do it in.
[[nodiscard]] std::unique_ptr<ApiContext> make_admin(const ApiEnvironment& environment,
                                                     OrderRequests& requests,
                                                     OwnerNotifier& notifier,
                                                     const KeyStores& keys);

}  // namespace orderflow::http_api
