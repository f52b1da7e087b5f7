#include "http-api/people/user_rows.hpp"

#include "http-api/server/http.hpp"

namespace orderflow::http_api {
namespace {

using core::PgParams;
using core::PgStatement;

using core::sql;

constexpr PgStatement kFindUser{
    "api_user", sql<"SELECT ", UserRow::kColumns, " FROM identity.users WHERE id = $1">};
constexpr PgStatement kInsertUser{
    "api_user_insert",
    sql<"INSERT INTO identity.users (id, username, display_name) VALUES ($1, $2, $3) RETURNING ",
        UserRow::kColumns>};
constexpr PgStatement kInsertAccount{"api_account_insert",
                                     "INSERT INTO payments.accounts "
                                     "(id, currency, opening, balance) VALUES ($1, $2, $3, $3)"};
// Takes a context's role for the rest of the transaction, where that role exists.
constexpr PgStatement kLeaveRole{"api_leave_role", "SET LOCAL ROLE NONE"};
constexpr PgStatement kTakeRole{"api_take_role",
                                "SELECT set_config('role', rolname, true) FROM pg_roles "
                                "WHERE rolname = $1 AND pg_has_role(rolname, 'MEMBER')"};

void take_role(core::PgTransaction& transaction, std::string_view role) {
  (void)transaction.execute(kLeaveRole);
  (void)transaction.execute(kTakeRole, PgParams().text(role));
}

}  // namespace

std::string to_json(const UserRow& user) {
  return JsonObject()
      .field("id", user.id)
      .field("username", user.username)
      .field("display_name", user.display_name)
      .field("created_at", user.created_at)
      .text();
}

std::optional<UserRow> find_user(core::PgSession& session, const core::Uuid& id) {
  return core::first_row_of<UserRow>(session.execute(kFindUser, PgParams().uuid(id)));
}

UserRow insert_user(core::PgTransaction& transaction, const NewUser& user) {
  take_role(transaction, "orderflow_identity");
  PgParams identity;
  identity.uuid(user.id).text(user.username).text(user.display_name);
  auto row = core::row_of<UserRow>(transaction.execute(kInsertUser, identity));
  take_role(transaction, "orderflow_payments");
  PgParams account;
  account.uuid(user.id).text(user.opening_balance.currency).int8(user.opening_balance.amount);
  (void)transaction.execute(kInsertAccount, account);
  return row;
}

}  // namespace orderflow::http_api
