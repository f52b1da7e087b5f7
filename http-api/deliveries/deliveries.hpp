#pragma once

#include <memory>

#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// GET /deliveries and GET /deliveries/{id}.
[[nodiscard]] std::unique_ptr<ApiContext> make_deliveries(const ApiEnvironment& environment);

}  // namespace orderflow::http_api
