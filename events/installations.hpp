#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace orderflow::events {

// How two installations on the same topics are told apart, besides by the header of each message:
// members of a consumer group bear the installation in their client ids.

// Said of a database that has no installation id of its own.
inline constexpr const char* kNoInstallation =
    "the database is not migrated, or was copied or moved from another one; run `orderflow "
    "migrate`, which gives it an installation id of its own";

// The client id of an installation's member of a group.
[[nodiscard]] std::string member_client_id(std::string_view client_id,
                                           std::string_view installation);

// The installation among these client ids that is not this one; empty: none.
[[nodiscard]] std::string other_installation(const std::vector<std::string>& client_ids,
                                             std::string_view installation);

// The first client id of a member that is no Orderflow, which takes partitions all the same; empty:
// there is none.
[[nodiscard]] std::string stranger_among(const std::vector<std::string>& client_ids);

// What that means for the group.
[[nodiscard]] std::string stranger_in_group(std::string_view client_id, std::string_view group);

// What is wrong when a consumer group has members of another installation, by their client ids;
// empty: it has none.
[[nodiscard]] std::string group_problem(const std::vector<std::string>& client_ids,
                                        std::string_view group, std::string_view installation);

// What is wrong and what to do about it; `what` is used by both.
[[nodiscard]] std::string two_installations(std::string_view other, std::string_view what,
                                            std::string_view installation);

}  // namespace orderflow::events
