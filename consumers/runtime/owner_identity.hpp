#pragma once

#include <string>

#include "core/pg/session.hpp"

namespace orderflow::consumers {

// What an owner calls itself in its partitions' rows, for people: role, host and process.
[[nodiscard]] std::string owner_name(const std::string& role);

// Of the session in which an owner writes. `application_name` is how a stopped owner's session is
// found and ended, so it names the role.
[[nodiscard]] core::PgSessionOptions owner_session_options(const std::string& role,
                                                           const std::string& database_role);

}  // namespace orderflow::consumers
