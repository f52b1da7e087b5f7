#include "events/installations.hpp"

#include "core/values/uuid.hpp"
#include "events/codec.hpp"

namespace orderflow::events {
namespace {

// Between a client id's name and the installation.
constexpr char kSeparator = '@';

// Empty: it names none, as those of other programs, whatever else they have behind an @.
std::string_view installation_in(std::string_view client_id) {
  const auto at = client_id.rfind(kSeparator);
  if (at == std::string_view::npos) return {};
  const auto id = client_id.substr(at + 1);
  return core::Uuid::parse(id) ? id : std::string_view();
}

}  // namespace

std::string member_client_id(std::string_view client_id, std::string_view installation) {
  return std::string(client_id).append(1, kSeparator).append(installation);
}

std::string other_installation(const std::vector<std::string>& client_ids,
                               std::string_view installation) {
  for (const auto& id : client_ids) {
    const auto other = installation_in(id);
    if (!other.empty() && other != installation) return std::string(other);
  }
  return {};
}

std::string stranger_among(const std::vector<std::string>& client_ids) {
  for (const auto& id : client_ids) {
    if (installation_in(id).empty()) return id;
  }
  return {};
}

std::string stranger_in_group(std::string_view client_id, std::string_view group) {
  return std::string("another program (client id ")
      .append(printable(client_id))
      .append(") is a member of the consumer group ")
      .append(group)
      .append(": orders whose partitions it is given wait until it has left");
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
