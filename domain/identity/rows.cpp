#include "domain/identity/rows.hpp"

#include "core/values/shard_key.hpp"

namespace orderflow::domain {
namespace {

using core::PgParams;
using core::PgStatement;

using core::sql;

constexpr PgStatement kFindUser{
    "identity_user", sql<"SELECT ", User::kColumns, " FROM identity.users WHERE id = $1">};
constexpr PgStatement kInsertUser{
    "identity_user_insert",
    sql<"INSERT INTO identity.users (id, username, display_name) VALUES ($1, $2, $3) RETURNING ",
        User::kColumns>};
constexpr PgStatement kInsertAccount{"identity_account_insert",
                                     "INSERT INTO payments.accounts (id, shard, currency, "
                                     "opening, balance) VALUES ($1, $2, $3, $4, $4)"};
// Takes a context's role for the rest of the transaction, where that role exists.
constexpr PgStatement kLeaveRole{"identity_leave_role", "SET LOCAL ROLE NONE"};
constexpr PgStatement kTakeRole{"identity_take_role",
                                "SELECT set_config('role', rolname, true) FROM pg_roles "
                                "WHERE rolname = $1 AND pg_has_role(rolname, 'MEMBER')"};

void take_role(core::PgTransaction& transaction, std::string_view role) {
  (void)transaction.execute(kLeaveRole);
  (void)transaction.execute(kTakeRole, PgParams().text(role));
}

}  // namespace

std::optional<User> find_user(core::PgSession& session, const core::Uuid& id) {
  return core::first_row_of<User>(session.execute(kFindUser, PgParams().uuid(id)));
}

User insert_user(core::PgTransaction& transaction, const NewUser& user) {
  take_role(transaction, "orderflow_payments");
  PgParams account;
  account.uuid(user.id).int4(core::shard_of(user.id));
  account.text(user.opening_balance.currency).int8(user.opening_balance.amount);
  (void)transaction.execute(kInsertAccount, account);
  take_role(transaction, "orderflow_identity");
  PgParams identity;
  identity.uuid(user.id).text(user.username).text(user.display_name);
  return core::row_of<User>(transaction.execute(kInsertUser, identity));
}

}  // namespace orderflow::domain
