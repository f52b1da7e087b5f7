#include "tests/support/roles.hpp"

#include "events/roles.hpp"

namespace orderflow::testing {

std::vector<std::string> system_roles() {
  std::vector<std::string> names;
  for (const events::Role& role : events::kRoles) {
    if (role.name != events::kBroker.name) names.emplace_back(role.name);
  }
  return names;
}

std::vector<std::string> owner_roles() {
  std::vector<std::string> names;
  for (const events::Role& role : events::kOwners) names.emplace_back(role.name);
  return names;
}

std::vector<std::string> owned_topics() {
  std::vector<std::string> topics;
  for (const events::Role& role : events::kOwners) topics.emplace_back(role.topic);
  return topics;
}

}  // namespace orderflow::testing
