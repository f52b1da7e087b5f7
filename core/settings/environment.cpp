#include "core/settings/environment.hpp"

#include <algorithm>
#include <array>

extern char**
    environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program.

namespace orderflow::core {
namespace {

constexpr std::array<std::string_view, 3> kProtocols{"TCP", "UDP", "SCTP"};

bool is_link_value(std::string_view value) {
  return value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://");
}

// What follows ..._PORT in a link's name: nothing, or _80_TCP with _PROTO, _PORT or _ADDR behind.
bool is_link_suffix(std::string_view suffix) {
  if (suffix.empty()) return true;
  suffix.remove_prefix(1);
  const auto digits = suffix.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos || suffix[digits] != '_') return false;
  suffix.remove_prefix(digits + 1);
  const auto protocol = suffix.substr(0, suffix.find('_'));
  if (std::find(kProtocols.begin(), kProtocols.end(), protocol) == kProtocols.end()) return false;
  suffix.remove_prefix(protocol.size());
  return suffix.empty() || suffix == "_PROTO" || suffix == "_PORT" || suffix == "_ADDR";
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line(*entry);
    if (const auto equals = line.find('='); equals != std::string_view::npos) {
      environment.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  return environment;
}

bool is_service_link(std::string_view name, std::string_view value) {
  constexpr std::string_view port = "_PORT";
  if (name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") ||
      name.find("_SERVICE_PORT_") != std::string_view::npos) {
    return true;
  }
  // Each _PORT in it, since the service's own name may hold one.
  for (auto at = name.find(port); at != std::string_view::npos; at = name.find(port, at + 1)) {
    const auto suffix = name.substr(at + port.size());
    if ((suffix.empty() || suffix.front() == '_') && is_link_suffix(suffix)) {
      return !suffix.empty() || is_link_value(value);
    }
  }
  return false;
}

}  // namespace orderflow::core
