#pragma once

#include <cstddef>
#include <optional>
#include <span>
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

// Gives the spellings of one path one spelling, in place, so that routes, idempotency keys and page
// tokens see the same: characters that need no escape have none (RFC 3986, 6.2.2), ids are in lower
// case. Returns the target's new size; the query is only moved.
[[nodiscard]] std::size_t normalize_target(std::span<char> target);

// Sets the request's path and query, as views into `target`: a path with its query, or a whole URL
// as clients send it to proxies (RFC 9112, 3.2), of which only those parts are used.
[[nodiscard]] std::optional<Refusal> adopt_target(std::string_view target, Request& request);

}  // namespace orderflow::http_api
