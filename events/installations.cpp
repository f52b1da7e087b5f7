#include "events/installations.hpp"

#include "events/codec.hpp"

namespace orderflow::events {
namespace {

// Between a client id's name and the installation.
constexpr char kSeparator = '@';

}  // namespace

std::string member_client_id(std::string_view client_id, std::string_view installation) {
  return std::string(client_id).append(1, kSeparator).append(installation);
}

std::string other_installation(const std::vector<std::string>& client_ids,
                               std::string_view installation) {
  for (const auto& id : client_ids) {
    const auto at = id.find(kSeparator);
    if (at != std::string::npos && id.substr(at + 1) != installation) return id.substr(at + 1);
  }
  return {};
}

std::string stranger_among(const std::vector<std::string>& client_ids) {
  for (const auto& id : client_ids) {
    if (id.find(kSeparator) == std::string::npos) return id;
  }
  return {};
}

std::string group_problem(const std::vector<std::string>& client_ids, std::string_view group,
                          std::string_view installation) {
  const auto other = other_installation(client_ids, installation);
  if (other.empty()) return {};
  return two_installations(other, std::string("the consumer group ").append(group), installation);
}

std::string two_installations(std::string_view other, std::string_view what,
                              std::string_view installation) {
  return std::string("the installation ")
      .append(printable(other))
      .append(" uses ")
      .append(what)
      .append(" as well as this one (")
      .append(installation)
      .append(
          "); of installations that share a cluster each needs an ORDERFLOW_TOPIC_PREFIX of its "
          "own");
}

}  // namespace orderflow::events
