#pragma once

#include <optional>
#include <string_view>

#include "http-api/server/http.hpp"

namespace orderflow::http_api {

// Why a request is not served. Nobody knows where the next one would begin: the connection ends.
struct Refusal {
  int status = 400;
  std::string_view detail;  // static text
};

// What the grammar of HTTP lets pass and a server has to refuse: headers by which two readers see
// two requests in the same bytes, or that it would have to obey and does not. `version` is 10
// or 11.
[[nodiscard]] std::optional<Refusal> refuse_head(const HeaderList& headers, unsigned version);

// Sets the request's path and query, as views into `target`: a path with its query, or a whole URL
// as clients send it to proxies (RFC 9112, 3.2), of which only those parts are used.
[[nodiscard]] std::optional<Refusal> adopt_target(std::string_view target, Request& request);

}  // namespace orderflow::http_api
