#pragma once

#include <functional>
#include <memory>

#include "core/values/uuid.hpp"
#include "http-api/server/api_context.hpp"

namespace orderflow::http_api {

// GET and POST /products; GET, PUT and DELETE /products/{id}; GET /products/{id}/offers.
// `on_change` is called with the id of each product that was changed or deleted, on any thread.
[[nodiscard]] std::unique_ptr<ApiContext> make_catalogue(
    const ApiEnvironment& environment, std::function<void(const core::Uuid&)> on_change);

}  // namespace orderflow::http_api
