#include "http-api/payments/account_rows.hpp"

#include "http-api/server/http.hpp"

namespace orderflow::http_api {
namespace {

using core::PgParams;
using core::PgStatement;
using core::sql;

constexpr PgStatement kFindAccount{
    "api_account", sql<"SELECT ", AccountRow::kColumns, " FROM payments.accounts WHERE id = $1">};
constexpr PgStatement kLockAccount{
    "api_account_lock",
    sql<"SELECT ", AccountRow::kColumns, " FROM payments.accounts WHERE id = $1 FOR UPDATE">};
constexpr PgStatement kAdjustAccount{
    "api_account_adjust",
    sql<"UPDATE payments.accounts SET balance = balance + $2,"
        " ledger_sequence = ledger_sequence + 1, updated_at = now() WHERE id = $1 RETURNING ",
        AccountRow::kColumns>};
constexpr PgStatement kInsertAdjustment{
    "api_adjustment_insert",
    "INSERT INTO payments.ledger"
    " (account_id, sequence, kind, reference, amount, balance_after, reason)"
    " SELECT id, ledger_sequence, 'adjustment', $2, $3, balance, $4"
    " FROM payments.accounts WHERE id = $1"};

}  // namespace

AccountRow AccountRow::read(core::PgRow& row) {
  return {row.take<core::Uuid>(), core::Money{row.take<std::int64_t>(), row.take<std::string>()},
          row.take<core::Time>()};
}

std::string to_json(const AccountRow& account) {
  return JsonObject()
      .field("user_id", account.id)
      .field("balance", account.balance)
      .field("updated_at", account.updated_at)
      .text();
}

std::optional<AccountRow> find_account(core::PgSession& session, const core::Uuid& id) {
  return core::first_row_of<AccountRow>(session.execute(kFindAccount, PgParams().uuid(id)));
}

std::optional<AccountRow> lock_account(core::PgTransaction& transaction, const core::Uuid& id) {
  return core::first_row_of<AccountRow>(transaction.execute(kLockAccount, PgParams().uuid(id)));
}

AccountRow adjust_account(core::PgTransaction& transaction, const Adjustment& adjustment) {
  PgParams change;
  change.uuid(adjustment.account_id).int8(adjustment.amount);
  auto account = core::row_of<AccountRow>(transaction.execute(kAdjustAccount, change));
  PgParams entry;
  entry.uuid(adjustment.account_id)
      .uuid(adjustment.id)
      .int8(adjustment.amount)
      .text(adjustment.reason);
  (void)transaction.execute(kInsertAdjustment, entry);
  return account;
}

}  // namespace orderflow::http_api
