#pragma once

#include <string>
#include <string_view>

#include "core/values/result.hpp"

namespace orderflow::core {

// The base address of an HTTP service that is called: http://host[:port][/path] or https://.
struct HttpUrl {
  bool tls = false;
  std::string host;  // A name or an address, without brackets.
  std::string port;
  std::string path;  // Without a slash at its end; may be empty.

  // As in a Host header: the port only where it is not the scheme's.
  [[nodiscard]] std::string authority() const;
};

// Refused besides what is no URL: a user or password, since URLs reach logs; a query; a fragment.
[[nodiscard]] Result<HttpUrl> parse_http_url(std::string_view text);

}  // namespace orderflow::core
