#pragma once

#include <optional>
#include <string>

#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/pg/transaction.hpp"
#include "core/values/money.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::http_api {

// A row of payments.accounts: a user's balance.
struct AccountRow {
  static constexpr core::SqlText kColumns{"id, balance, currency, updated_at"};

  core::Uuid id;  // the user's
  core::Money balance;
  core::Time updated_at;

  [[nodiscard]] static AccountRow read(core::PgRow& row);
};

[[nodiscard]] std::string to_json(const AccountRow& account);

// A change of a balance by hand, with the reason for it.
struct Adjustment {
  core::Uuid id;  // what the ledger row refers to
  core::Uuid account_id;
  std::int64_t amount = 0;  // minor units, signed
  std::string currency;
  std::string reason;
};

[[nodiscard]] std::optional<AccountRow> find_account(core::PgSession& session,
                                                     const core::Uuid& id);
// Locked, so that captures and other adjustments wait and the ledger's sequence has no gap.
[[nodiscard]] std::optional<AccountRow> lock_account(core::PgTransaction& transaction,
                                                     const core::Uuid& id);
// The balance and its row in the ledger. The account is locked.
AccountRow adjust_account(core::PgTransaction& transaction, const Adjustment& adjustment);

}  // namespace orderflow::http_api
