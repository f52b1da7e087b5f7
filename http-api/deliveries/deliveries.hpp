#pragma once

#include <memory>

#include "http-api/server/api_context.hpp"
#include "http-api/server/list.hpp"

namespace orderflow::http_api {

[[nodiscard]] KeysetQuery list_deliveries();

// GET /deliveries and GET /deliveries/{id}.
[[nodiscard]] std::unique_ptr<ApiContext> make_deliveries(const ApiEnvironment& environment);

}  // namespace orderflow::http_api
