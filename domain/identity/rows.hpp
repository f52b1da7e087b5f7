#pragma once

#include <optional>
#include <string>

#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/pg/transaction.hpp"
#include "core/values/money.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::domain {

// A row of identity.users.
struct User {
  static constexpr core::SqlText kColumns{"id, username, display_name, created_at"};

  core::Uuid id;
  std::string username;
  std::string display_name;
  core::Time created_at;

  [[nodiscard]] static User read(core::PgRow& row) {
    return {row.take<core::Uuid>(), row.take<std::string>(), row.take<std::string>(),
            row.take<core::Time>()};
  }
};

struct NewUser {
  core::Uuid id;
  std::string username;
  std::string display_name;
  core::Money opening_balance;
};

[[nodiscard]] std::optional<User> find_user(core::PgSession& session, const core::Uuid& id);

// The user and their account, each under its own context's role (docs/decisions/0002). The session
// has the login user's. Throws core::DataError when the username is taken.
User insert_user(core::PgTransaction& transaction, const NewUser& user);

}  // namespace orderflow::domain
