#include "domain/payments/rows.hpp"

#include <string>

#include "core/values/shard_key.hpp"

namespace orderflow::domain {
namespace {

using core::PgArray;
using core::PgCall;
using core::PgParams;
using core::PgResult;
using core::PgRows;
using core::PgStatement;
using core::PgType;
using core::Uuid;

constexpr PgStatement kReadAccounts{
    "payments_read_accounts",
    "SELECT id, currency, balance, ledger_sequence FROM payments.accounts WHERE id = ANY($1)"};

constexpr PgStatement kReadPayments{
    "payments_read_payments",
    core::sql<"SELECT ", kPaymentColumns, " FROM payments.payments WHERE id = ANY($1)">};

constexpr PgStatement kReadRefunds{
    "payments_read_refunds",
    "SELECT id, payment_id, order_id, account_id, amount, status, code, detail "
    "FROM payments.refunds WHERE id = ANY($1)"};

constexpr const char* kAccountChange = "payments.account_change";
constexpr PgStatement kMoveAccounts{
    "payments_move_accounts",
    "WITH moved AS ("
    " UPDATE payments.accounts a SET balance = u.balance, ledger_sequence = u.ledger_sequence,"
    "  updated_at = now()"
    " FROM unnest($1::payments.account_change[]) AS u"
    " WHERE a.id = u.id AND a.ledger_sequence = u.expected_sequence RETURNING 1)"
    " SELECT CASE WHEN count(*) = $2 THEN 0"
    "  ELSE payments.raise_account_moved() END FROM moved"};

constexpr const char* kPaymentRow = "payments.payment_row";
constexpr PgStatement kInsertPayments{
    "payments_insert_payments",
    "INSERT INTO payments.payments (id, order_id, account_id, shard, amount, currency, status, "
    "code, detail, undone_amount, refunded_amount, undone_at, correlation_id) "
    "SELECT * FROM unnest($1::payments.payment_row[])"};

constexpr PgStatement kUpdatePayments{
    "payments_update_payments",
    "UPDATE payments.payments p SET status = u.status, undone_amount = u.undone, "
    "refunded_amount = u.refunded, undone_at = u.undone_at, updated_at = now() "
    "FROM unnest($1::uuid[], $2::text[], $3::int8[], $4::int8[], $5::timestamptz[]) "
    "AS u(id, status, undone, refunded, undone_at) WHERE p.id = u.id"};

constexpr const char* kLedgerRow = "payments.ledger_row";
constexpr PgStatement kInsertLedger{
    "payments_insert_ledger",
    "INSERT INTO payments.ledger (account_id, shard, sequence, kind, reference, amount, "
    "balance_after) SELECT * FROM unnest($1::payments.ledger_row[])"};

constexpr PgStatement kInsertRefunds{
    "payments_insert_refunds",
    "INSERT INTO payments.refunds (id, payment_id, order_id, account_id, shard, amount, status, "
    "code, detail) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], "
    "$5::int4[], $6::int8[], $7::text[], $8::text[], $9::text[])"};

constexpr const PgStatement* kPaymentStatements[] = {
    &kReadAccounts,   &kReadPayments,   &kReadRefunds,  &kMoveAccounts,
    &kInsertPayments, &kUpdatePayments, &kInsertLedger, &kInsertRefunds};

PgParams ids(const std::set<Uuid>& keys) {
  PgArray array(PgType::kUuid);
  for (const auto& id : keys) array.add(id);
  PgParams params;
  params.array(array);
  return params;
}

void read_accounts(const PgResult& rows, PaymentRecords& records) {
  for (int row = 0; row < rows.rows(); ++row) {
    records.add(Account{rows.uuid(row, 0), std::string(rows.text(row, 1)), rows.int8(row, 2),
                        rows.int8(row, 3)});
  }
}

void read_payments(const PgResult& rows, PaymentRecords& records) {
  for (int i = 0; i < rows.rows(); ++i) {
    core::PgRow row(rows, i);
    records.add(read_payment(row));
  }
}

void read_refunds(const PgResult& rows, PaymentRecords& records) {
  for (int row = 0; row < rows.rows(); ++row) {
    records.add(Refund{rows.uuid(row, 0), rows.uuid(row, 1), rows.uuid(row, 2), rows.uuid(row, 3),
                       rows.int8(row, 4), rows.text(row, 5) == "DONE",
                       std::string(rows.text(row, 6)), std::string(rows.text(row, 7))});
  }
}

PgCall move_accounts(const std::vector<PaymentRecords::AccountChange>& changes) {
  PgRows rows(kAccountChange, 4, changes.size());
  for (const auto& change : changes) {
    rows.row()
        .add(change.account->id)
        .add(change.account->balance)
        .add(change.account->ledger_sequence)
        .add(change.expected_sequence);
  }
  PgCall call{&kMoveAccounts, {}};
  call.params.rows(std::move(rows)).int8(static_cast<std::int64_t>(changes.size()));
  return call;
}

PgCall insert_payments(const std::vector<const Payment*>& payments) {
  PgRows rows(kPaymentRow, 13, payments.size());
  for (const auto* payment : payments) {
    rows.row()
        .add(payment->id)
        .add(payment->order_id)
        .add(payment->account_id)
        .add(core::shard_of(payment->account_id))
        .add(payment->amount.amount)
        .add(payment->amount.currency)
        .add(name_of(payment->status))
        .add_or_null(payment->code)
        .add_or_null(payment->detail)
        .add(payment->undone_amount)
        .add(payment->refunded_amount)
        .add(payment->undone_at)
        .add(payment->correlation_id);
  }
  PgCall call{&kInsertPayments, {}};
  call.params.rows(std::move(rows));
  return call;
}

PgCall update_payments(const std::vector<const Payment*>& rows) {
  PgArray id(PgType::kUuid), status(PgType::kText), undone(PgType::kInt8), refunded(PgType::kInt8);
  PgArray undone_at(PgType::kTimestamptz);
  for (const auto* row : rows) {
    id.add(row->id);
    status.add(name_of(row->status));
    undone.add(row->undone_amount);
    refunded.add(row->refunded_amount);
    undone_at.add(row->undone_at);
  }
  PgCall call{&kUpdatePayments, {}};
  call.params.array(id).array(status).array(undone).array(refunded).array(undone_at);
  return call;
}

PgCall insert_ledger(const std::vector<LedgerRow>& ledger) {
  PgRows rows(kLedgerRow, 7, ledger.size());
  for (const auto& entry : ledger) {
    rows.row()
        .add(entry.account_id)
        .add(core::shard_of(entry.account_id))
        .add(entry.sequence)
        .add(name_of(entry.kind))
        .add(entry.reference)
        .add(entry.amount)
        .add(entry.balance_after);
  }
  PgCall call{&kInsertLedger, {}};
  call.params.rows(std::move(rows));
  return call;
}

PgCall insert_refunds(const std::vector<const Refund*>& rows) {
  PgArray id(PgType::kUuid), payment(PgType::kUuid), order(PgType::kUuid), account(PgType::kUuid);
  PgArray shard(PgType::kInt4), amount(PgType::kInt8), status(PgType::kText), code(PgType::kText),
      detail(PgType::kText);
  for (const auto* row : rows) {
    id.add(row->id);
    payment.add(row->payment_id);
    order.add(row->order_id);
    account.add(row->account_id);
    shard.add(core::shard_of(row->account_id));
    amount.add(row->amount);
    status.add(row->done ? "DONE" : "REFUSED");
    code.add_or_null(row->code);
    detail.add_or_null(row->detail);
  }
  PgCall call{&kInsertRefunds, {}};
  call.params.array(id).array(payment).array(order).array(account).array(shard);
  call.params.array(amount).array(status).array(code).array(detail);
  return call;
}

}  // namespace

Payment read_payment(core::PgRow& row) {
  return {row.take<Uuid>(),
          row.take<Uuid>(),
          row.take<Uuid>(),
          Money{row.take<std::int64_t>(), row.take<std::string>()},
          payment_status_of(row.take<std::string>()).value(),
          row.take<std::string>(),
          row.take<std::string>(),
          row.take<std::int64_t>(),
          row.take<std::int64_t>(),
          row.take<std::optional<Time>>(),
          row.take<std::string>()};
}

PaymentKeys keys_of(std::span<const events::PaymentCommand* const> commands) {
  PaymentKeys keys;
  for (const auto* command : commands) {
    std::visit([&](const auto& message) { keys.accounts.insert(message.account_id); }, *command);
    if (const auto* refund = std::get_if<events::RefundPayment>(command)) {
      keys.refunds.insert(refund->command_id);
      keys.payments.insert(refund->payment_id);
    } else {
      std::visit([&](const auto& message) { keys.payments.insert(message.command_id); }, *command);
    }
  }
  return keys;
}

PaymentRecords read_payment_records(core::PgSession& session, const PaymentKeys& keys) {
  PaymentRecords records;
  std::vector<PgCall> calls{{&kReadAccounts, ids(keys.accounts)},
                            {&kReadPayments, ids(keys.payments)}};
  if (!keys.refunds.empty()) calls.push_back({&kReadRefunds, ids(keys.refunds)});
  const auto results = session.read(calls);
  read_accounts(results[0], records);
  read_payments(results[1], records);
  if (results.size() > 2) read_refunds(results[2], records);
  return records;
}

std::vector<PgCall> write_payment_records(const PaymentRecords& records) {
  std::vector<PgCall> calls;
  const auto accounts = records.changed_accounts();
  const auto inserted = records.payments().new_rows();
  const auto updated = records.payments().changed_rows();
  const auto refunds = records.refunds().new_rows();
  if (!accounts.empty()) calls.push_back(move_accounts(accounts));
  if (!inserted.empty()) calls.push_back(insert_payments(inserted));
  if (!updated.empty()) calls.push_back(update_payments(updated));
  if (!records.ledger().empty()) calls.push_back(insert_ledger(records.ledger()));
  if (!refunds.empty()) calls.push_back(insert_refunds(refunds));
  return calls;
}

std::span<const PgStatement* const> payment_statements() { return kPaymentStatements; }

}  // namespace orderflow::domain
