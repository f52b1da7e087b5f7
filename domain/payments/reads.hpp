#pragma once

#include <optional>
#include <string>

#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/pg/transaction.hpp"
#include "core/values/money.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "domain/payments/rows.hpp"

namespace orderflow::domain {

// What front ends read of payments and accounts, and a balance that is adjusted by hand. Blocks.

// A payment as people see it.
struct PaymentView {
  static constexpr auto kColumns = core::concat<kPaymentColumns, ", created_at, updated_at">;

  Payment payment;
  core::Time created_at;
  core::Time updated_at;

  [[nodiscard]] const core::Uuid& position() const { return payment.id; }
  [[nodiscard]] static PaymentView read(core::PgRow& row);
};

[[nodiscard]] std::optional<PaymentView> find_payment(core::PgSession& session,
                                                      const core::Uuid& id);

// A user's balance.
struct AccountView {
  static constexpr core::SqlText kColumns{"id, balance, currency, updated_at"};

  core::Uuid id;  // the user's
  core::Money balance;
  core::Time updated_at;

  [[nodiscard]] static AccountView read(core::PgRow& row);
};

// A change of a balance by hand, with the reason for it.
struct Adjustment {
  core::Uuid id;  // what the ledger row refers to
  core::Uuid account_id;
  std::int64_t amount = 0;  // minor units, signed
  std::string currency;
  std::string reason;
};

[[nodiscard]] std::optional<AccountView> find_account(core::PgSession& session,
                                                      const core::Uuid& id);
// Locked, so that captures and other adjustments wait and the ledger's sequence has no gap.
[[nodiscard]] std::optional<AccountView> lock_account(core::PgTransaction& transaction,
                                                      const core::Uuid& id);
// The balance and its row in the ledger. The account is locked.
AccountView adjust_account(core::PgTransaction& transaction, const Adjustment& adjustment);

}  // namespace orderflow::domain
