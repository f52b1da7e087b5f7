#pragma once

#include <string>
#include <vector>

namespace orderflow::testing {

// The roles of an installation, in the order of events::kRoles: all that work with database and
// broker, and those of them that own partitions.
[[nodiscard]] std::vector<std::string> system_roles();
[[nodiscard]] std::vector<std::string> owner_roles();
// What the owners consume, without a prefix.
[[nodiscard]] std::vector<std::string> owned_topics();

}  // namespace orderflow::testing
