#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json/document.hpp"
#include "http-api/server/problem.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// The request's Idempotency-Key; 400 when it is malformed (1 to 200 visible ASCII characters), or
// absent but required by the route's policy. Pure.
[[nodiscard]] Checked<std::optional<IdempotencyKey>> read_idempotency_key(
    const RequestContext& context);

// SHA-256 of what is asked: the path and the body in canonical form (sorted names, no white space).
[[nodiscard]] std::string hash_of_request(std::string_view path, const core::JsonDocument& body);

}  // namespace orderflow::http_api
