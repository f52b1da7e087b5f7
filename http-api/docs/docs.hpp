#pragma once

#include <vector>

#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// GET /openapi.json, and GET /docs: a page that draws the routes out of it.
[[nodiscard]] std::vector<Route> docs_routes();

}  // namespace orderflow::http_api
