#include "domain/payments/reads.hpp"

namespace orderflow::domain {
namespace {

using core::PgParams;
using core::PgStatement;
using core::sql;

constexpr PgStatement kFindPayment{
    "payments_find",
    sql<"SELECT ", PaymentView::kColumns, " FROM payments.payments WHERE id = $1">};
constexpr PgStatement kFindAccount{
    "payments_account",
    sql<"SELECT ", AccountView::kColumns, " FROM payments.accounts WHERE id = $1">};
constexpr PgStatement kLockAccount{
    "payments_account_lock",
    sql<"SELECT ", AccountView::kColumns, " FROM payments.accounts WHERE id = $1 FOR UPDATE">};
constexpr PgStatement kAdjustAccount{
    "payments_account_adjust",
    sql<"UPDATE payments.accounts SET balance = balance + $2,"
        " ledger_sequence = ledger_sequence + 1, updated_at = now() WHERE id = $1 RETURNING ",
        AccountView::kColumns>};
constexpr PgStatement kInsertAdjustment{
    "payments_adjustment_insert",
    "INSERT INTO payments.ledger"
    " (account_id, shard, sequence, kind, reference, amount, balance_after, reason)"
    " SELECT id, shard, ledger_sequence, 'adjustment', $2, $3, balance, $4"
    " FROM payments.accounts WHERE id = $1"};

}  // namespace

AccountView AccountView::read(core::PgRow& row) {
  return {row.take<core::Uuid>(), core::Money{row.take<std::int64_t>(), row.take<std::string>()},
          row.take<core::Time>()};
}

PaymentView PaymentView::read(core::PgRow& row) {
  return {read_payment(row), row.take<core::Time>(), row.take<core::Time>()};
}

std::optional<PaymentView> find_payment(core::PgSession& session, const core::Uuid& id) {
  return core::first_row_of<PaymentView>(session.execute(kFindPayment, PgParams().uuid(id)));
}

std::optional<AccountView> find_account(core::PgSession& session, const core::Uuid& id) {
  return core::first_row_of<AccountView>(session.execute(kFindAccount, PgParams().uuid(id)));
}

std::optional<AccountView> lock_account(core::PgTransaction& transaction, const core::Uuid& id) {
  return core::first_row_of<AccountView>(transaction.execute(kLockAccount, PgParams().uuid(id)));
}

AccountView adjust_account(core::PgTransaction& transaction, const Adjustment& adjustment) {
  PgParams change;
  change.uuid(adjustment.account_id).int8(adjustment.amount);
  auto account = core::row_of<AccountView>(transaction.execute(kAdjustAccount, change));
  PgParams entry;
  entry.uuid(adjustment.account_id)
      .uuid(adjustment.id)
      .int8(adjustment.amount)
      .text(adjustment.reason);
  (void)transaction.execute(kInsertAdjustment, entry);
  return account;
}

}  // namespace orderflow::domain
