#pragma once

#include <vector>

#include "core/observe/health.hpp"
#include "core/observe/metrics.hpp"
#include "http-api/server/router.hpp"

namespace orderflow::http_api {

// /health and /health/ready (the same: what this process uses, 503 when it cannot do its work),
// /health/live and /metrics: what every long-running role serves.
[[nodiscard]] std::vector<Route> health_routes(const core::Health& health,
                                               const core::Metrics& metrics);

}  // namespace orderflow::http_api
