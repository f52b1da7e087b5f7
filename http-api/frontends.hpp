#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/values/uuid.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/server/router.hpp"
#include "http-api/services.hpp"

namespace orderflow::http_api {

// One table of routes for each front end; api_role.cpp puts them together. `services` must outlive
// the routes.
[[nodiscard]] std::vector<Route> order_routes(Services& services);
[[nodiscard]] std::vector<Route> order_request_routes(Services& services);
[[nodiscard]] std::vector<Route> order_list_routes(Services& services);
[[nodiscard]] std::vector<Route> order_event_routes(Services& services);
[[nodiscard]] std::vector<Route> job_routes(Services& services);
[[nodiscard]] std::vector<Route> user_routes(Services& services);
[[nodiscard]] std::vector<Route> balance_routes(Services& services);
[[nodiscard]] std::vector<Route> payment_routes(Services& services);
[[nodiscard]] std::vector<Route> delivery_routes(Services& services);
[[nodiscard]] std::vector<Route> product_routes(Services& services);
[[nodiscard]] std::vector<Route> admin_saga_routes(Services& services);
[[nodiscard]] std::vector<Route> admin_dead_letter_routes(Services& services);
[[nodiscard]] std::vector<Route> docs_routes();

// A handler that may answer with a problem; the problem becomes its document here.
using CheckedHandler = std::function<asio::awaitable<Checked<Response>>(const RequestContext&)>;
[[nodiscard]] Handler answering_problems(CheckedHandler handler);

// The `{id}` of the path; 404 when it is no UUID, for then there is no such thing.
[[nodiscard]] Checked<core::Uuid> path_id(const RequestContext& context, std::string_view what);

// 200 with this JSON.
[[nodiscard]] Response json_response(std::string body, int status = 200);

}  // namespace orderflow::http_api
