#pragma once

#include <string>
#include <string_view>

namespace orderflow::core {

// Whether a server can be told to listen there: 127.0.0.1, ::1, fe80::1%eth0. No names.
[[nodiscard]] bool is_ip_address(std::string_view text);

// Where a client on the same machine reaches who listens there: the loopback address for 0.0.0.0
// and ::, which stand for every address.
[[nodiscard]] std::string reachable_address(std::string_view listening);

// As it stands in a URL and in a Host header: an IPv6 address in brackets.
[[nodiscard]] std::string url_host(std::string_view address);

}  // namespace orderflow::core
