#include "core/values/ip_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace orderflow::core {

bool is_ip_address(std::string_view text) {
  // inet_pton() knows no zones.
  const std::string address(text.substr(0, text.find('%')));
  in6_addr ignored{};
  if (::inet_pton(AF_INET6, address.c_str(), &ignored) == 1) return true;
  return address.size() == text.size() && ::inet_pton(AF_INET, address.c_str(), &ignored) == 1;
}

std::string reachable_address(std::string_view listening) {
  if (listening == "0.0.0.0") return "127.0.0.1";
  in6_addr address{};
  const bool v6 = ::inet_pton(AF_INET6, std::string(listening).c_str(), &address) == 1;
  return v6 && IN6_IS_ADDR_UNSPECIFIED(&address) ? "::1" : std::string(listening);
}

std::string url_host(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return std::string(address);
  std::string host = "[" + std::string(address) + "]";
  if (const auto zone = host.find('%'); zone != std::string::npos) host.insert(zone + 1, "25");
  return host;
}

}  // namespace orderflow::core
