#pragma once

#include <string>
#include <string_view>

#include "http-api/server/http.hpp"

namespace orderflow::http_api {

// Whether an answer of that status has a body; one to HEAD has none besides.
[[nodiscard]] bool has_body(int status);

// Status line and headers, with the empty line behind them. `connection`: the header of that name;
// empty for none.
[[nodiscard]] std::string response_head(const Response& response, std::string_view date,
                                        std::string_view connection);

}  // namespace orderflow::http_api
