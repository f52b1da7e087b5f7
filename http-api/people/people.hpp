#pragma once

#include <memory>

#include "http-api/server/api_context.hpp"
#include "http-api/server/list.hpp"

namespace orderflow::http_api {

[[nodiscard]] KeysetQuery list_users();

// GET /users, POST /users, GET /users/{id}.
[[nodiscard]] std::unique_ptr<ApiContext> make_people(const ApiEnvironment& environment);

}  // namespace orderflow::http_api
