#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/values/result.hpp"

namespace orderflow::bench {

// What a load generator needs of an HTTP/1.1 answer. Views point into the parsed bytes.
struct HttpAnswer {
  int status = 0;
  std::size_t size = 0;  // Of the whole answer: the next one starts there.
  std::string_view location;
  int retry_after_s = 0;  // 0: not given
  bool keep_alive = true;
  std::string_view body;
};

// Looks for one whole answer at the start of `bytes`; nullopt while some of it has not arrived yet.
// Fails for what is not HTTP/1.x or has no Content-Length: our server always sends one.
[[nodiscard]] core::Result<std::optional<HttpAnswer>> parse_answer(std::string_view bytes);

}  // namespace orderflow::bench
