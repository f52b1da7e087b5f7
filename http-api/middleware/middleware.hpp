#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "http-api/middleware/key_store.hpp"
#include "http-api/middleware/load_shedding.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// What every request passes on its way to a handler, in this order. Each acts by the route's policy
// and surrounds only the routes that it has something to do for. What is passed must outlive the
// routes.

// Counts answers and measures the time they take, by method, route and status.
[[nodiscard]] Middleware request_metrics(core::Metrics& metrics, const std::string& role);

// Gives the request its trace: the caller's correlation id if that is a sane one, and a new span of
// the caller's trace. The answer names the correlation id.
[[nodiscard]] Middleware correlation();

// Logs each answer, at level debug.
[[nodiscard]] Middleware access_log(core::Logger& logger);

// The one place where exceptions of handlers end: core::Unavailable becomes 503 with Retry-After, a
// passed deadline 503, anything else 500 without internals; of core::UnreadableRow it says whose
// row.
[[nodiscard]] Middleware error_boundary(core::Logger& logger);

// Lets operators in: 401 without X-Internal-API-Key, 403 with a wrong one, and 403 while no key is
// configured, since what they may do is not for everybody. X-Operator names who it is.
[[nodiscard]] Middleware authorization(std::string operator_key);

// Refuses new work with 429 while what was accepted waits too long. Before anything is parsed or
// looked up: what is refused must cost next to nothing. A request with an Idempotency-Key goes on
// to idempotency(), which refuses it unless its key is known.
[[nodiscard]] Middleware load_shedding(LoadShedder& shedder);

// Parses the body: 415, 400.
[[nodiscard]] Middleware json_body();

// The Idempotency-Key: 400 when it is malformed, or absent but required. A request that was read
// without fault is answered as the first one with its key was, whatever has changed since; see
// http-api/middleware/idempotency.cpp. `stores`: by context. Throws std::logic_error when a route
// takes keys and its context keeps none.
using KeyStores = std::map<std::string_view, KeyStore*>;
[[nodiscard]] Middleware idempotency(KeyStores stores);

}  // namespace orderflow::http_api
