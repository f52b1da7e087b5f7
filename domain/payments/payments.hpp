#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/values/money.hpp"
#include "core/values/result.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "domain/tracked_rows.hpp"
#include "events/messages.hpp"

namespace orderflow::domain {

using core::Money;
using core::Time;
using core::Uuid;

// A user's money as read. `ledger_sequence` is the row's version: it grows with every ledger row.
struct Account {
  Uuid id;
  std::string currency;
  std::int64_t balance = 0;
  std::int64_t ledger_sequence = 0;
};

enum class PaymentStatus { kCaptured, kRefused, kVoided, kRefunded, kPartlyRefunded };

// One row a capture command: the barrier of both its phases. The row's existence makes the do-phase
// final, `undone_at` the undo-phase.
struct Payment {
  Uuid id;
  Uuid order_id;
  Uuid account_id;
  Money amount;
  PaymentStatus status = PaymentStatus::kCaptured;
  std::string code;
  std::string detail;
  std::int64_t undone_amount = 0;
  std::int64_t refunded_amount = 0;
  std::optional<Time> undone_at;
  std::string correlation_id;
};

// One row a later refund command: its barrier.
struct Refund {
  Uuid id;
  Uuid payment_id;
  Uuid order_id;
  Uuid account_id;
  std::int64_t amount = 0;
  bool done = false;
  std::string code;
  std::string detail;
};

enum class LedgerKind { kCapture, kUndo, kRefund };

// Moves `amount` between an account and the house; positive: to the account.
struct LedgerRow {
  Uuid account_id;
  std::int64_t sequence = 0;
  LedgerKind kind = LedgerKind::kCapture;
  Uuid reference;  // The payment, or the refund.
  std::int64_t amount = 0;
  std::int64_t balance_after = 0;
};

// Whether money moved, whatever became of it since.
[[nodiscard]] constexpr bool was_captured(PaymentStatus status) {
  return status != PaymentStatus::kRefused && status != PaymentStatus::kVoided;
}

[[nodiscard]] const char* name_of(PaymentStatus status);
[[nodiscard]] const char* name_of(LedgerKind kind);
[[nodiscard]] std::optional<PaymentStatus> payment_status_of(std::string_view name);

// The accounts, payments and refunds that one batch is about, as read, and what its commands made
// of them. A value without I/O: fill it, decide every command in order, then write its changes.
//
// Maps are ordered by id, so that rows are written, and locked, in the same order by everyone.
class PaymentRecords {
 public:
  void add(Account account);
  void add(Payment payment) { payments_.add(std::move(payment)); }
  void add(Refund refund) { refunds_.add(std::move(refund)); }

  [[nodiscard]] const Account* account(const Uuid& id) const;
  [[nodiscard]] const Payment* payment(const Uuid& id) const { return payments_.find(id); }
  [[nodiscard]] const Refund* refund(const Uuid& id) const { return refunds_.find(id); }

  struct AccountChange {
    const Account* account;          // As it is to be written.
    std::int64_t expected_sequence;  // As it was read.
  };
  [[nodiscard]] std::vector<AccountChange> changed_accounts() const;
  [[nodiscard]] const TrackedRows<Payment>& payments() const { return payments_; }
  [[nodiscard]] const TrackedRows<Refund>& refunds() const { return refunds_; }
  [[nodiscard]] const std::vector<LedgerRow>& ledger() const { return ledger_; }

  // Used by the rules below.
  void insert(Payment payment) { payments_.insert(std::move(payment)); }
  void insert(Refund refund) { refunds_.insert(std::move(refund)); }
  Payment& change(const Uuid& payment_id) { return payments_.change(payment_id); }
  // Credits (positive) or debits an account and writes the ledger row; zero moves nothing. False,
  // and nothing changed, when the balance would leave 0..2^63-1.
  [[nodiscard]] bool post(const Uuid& account_id, LedgerKind kind, const Uuid& reference,
                          std::int64_t amount);

 private:
  struct Held {
    Account account;
    std::int64_t read_sequence;
  };
  std::map<Uuid, Held> accounts_;
  TrackedRows<Payment> payments_;
  TrackedRows<Refund> refunds_;
  std::vector<LedgerRow> ledger_;
};

// Circumstances of one command.
struct PaymentContext {
  Time now;
  bool declined = false;  // The simulated card network says no to this capture.
  std::string correlation_id;
};

// What a command came to. `repeated`: it had been decided before, nothing changed.
struct PaymentVerdict {
  events::Reply reply;
  bool repeated = false;
  std::string_view outcome{};  // Of one that is done for the first time, in a word, for a metric.
};

// Applies one command to the records and answers it. Replies are built from what is stored, so that
// the answer to a repeated command is the same to the byte.
//
// An Error (code `contradiction`) means the command disagrees with the stored row of its id about
// whose payment it is; it can never be processed and nothing was changed.
[[nodiscard]] core::Result<PaymentVerdict> handle(PaymentRecords& records,
                                                  const events::PaymentCommand& command,
                                                  const PaymentContext& context);

// The answer to a command that was given up for a technical reason. Nothing is stored.
[[nodiscard]] events::Reply technical_failure(const events::PaymentCommand& command,
                                              std::string detail);

}  // namespace orderflow::domain
