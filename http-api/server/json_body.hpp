#pragma once

#include "http-api/server/problem.hpp"
#include "http-api/server/route.hpp"

namespace orderflow::http_api {

// The body as JSON: 415 unless the request says it is JSON, 400 when it is not readable. A body
// that may be left out is an empty object then.
[[nodiscard]] Checked<core::JsonDocument> parse_json_body(const Request& request, BodyUse use);

}  // namespace orderflow::http_api
