#pragma once

#include <memory>

#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// GET /users, POST /users, GET /users/{id}.
[[nodiscard]] std::unique_ptr<ApiContext> make_people(const ApiEnvironment& environment);

}  // namespace orderflow::http_api
