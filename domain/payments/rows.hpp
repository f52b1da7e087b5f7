#pragma once

#include <set>
#include <span>
#include <vector>

#include "core/pg/row.hpp"
#include "core/pg/session.hpp"
#include "core/pg/sql.hpp"
#include "domain/payments/payments.hpp"

namespace orderflow::domain {

// Which rows a batch of commands is about.
struct PaymentKeys {
  std::set<core::Uuid> accounts;
  std::set<core::Uuid> payments;
  std::set<core::Uuid> refunds;
};

// A row of payments.payments.
inline constexpr core::SqlText kPaymentColumns{
    "id, order_id, account_id, amount, currency, status, code, detail, undone_amount, "
    "refunded_amount, undone_at, correlation_id"};
[[nodiscard]] Payment read_payment(core::PgRow& row);

[[nodiscard]] PaymentKeys keys_of(std::span<const events::PaymentCommand* const> commands);

// Reads them in one round trip, without locks.
[[nodiscard]] PaymentRecords read_payment_records(core::PgSession& session,
                                                  const PaymentKeys& keys);

// The statements that write what a batch made of its records: at most one for each kind of row.
//
// Accounts are read without locks and written only if their ledger sequence is still the one that
// was read: whoever adjusts a balance in between (a front end) moves the sequence, the statement
// raises core::Conflict, and the batch is read and decided again. So no lock is held while
// deciding. Rows are written in id order, which is the lock order of everyone.
[[nodiscard]] std::vector<core::PgCall> write_payment_records(const PaymentRecords& records);

// Every statement of the hot path, for the test that looks at their plans.
[[nodiscard]] std::span<const core::PgStatement* const> payment_statements();

}  // namespace orderflow::domain
