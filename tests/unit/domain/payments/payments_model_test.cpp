#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <vector>

#include "domain/payments/payments.hpp"

// Random commands against a model too simple to be wrong: a balance and, for each payment, what
// happened to it. Batches end at random, so that rows travel through "the database" between them.
namespace orderflow::domain {
namespace {

using events::PaymentCommand;
using events::ReplyOutcome;

constexpr int kAccounts = 3;
constexpr int kPayments = 12;
constexpr int kRefunds = 16;
constexpr int kSteps = 400;
constexpr int kSeeds = 60;

Uuid id(std::uint8_t kind, int number) {
  Uuid uuid;
  uuid.bytes[0] = kind;
  uuid.bytes[15] = static_cast<std::uint8_t>(number);
  return uuid;
}

struct Model {
  enum class SimulatedOutcome { kUnseen, kCaptured, kRefused, kVoided };
  struct Entry {
    SimulatedOutcome simulated = SimulatedOutcome::kUnseen;
    bool undone = false;
    std::int64_t kept = 0;  // Captured and neither undone nor refunded.
  };
  std::map<int, std::int64_t> balances;
  std::map<int, Entry> payments;
  std::map<int, bool> refunds;  // Number to whether it was done.

  bool capture(int payment, std::int64_t amount) {
    auto& entry = payments[payment];
    if (entry.simulated == SimulatedOutcome::kUnseen) {
      auto& balance = balances[payment % kAccounts];
      entry.simulated =
          amount <= balance ? SimulatedOutcome::kCaptured : SimulatedOutcome::kRefused;
      if (entry.simulated == SimulatedOutcome::kCaptured) {
        balance -= amount;
        entry.kept = amount;
      }
    }
    return entry.simulated == SimulatedOutcome::kCaptured;
  }
  bool undo(int payment) {
    auto& entry = payments[payment];
    if (entry.simulated == SimulatedOutcome::kUnseen) entry.simulated = SimulatedOutcome::kVoided;
    if (!entry.undone) balances[payment % kAccounts] += entry.kept;
    if (!entry.undone) entry.kept = 0;
    entry.undone = true;
    return true;
  }
  bool refund(int number, int payment, std::int64_t amount) {
    const auto known = refunds.find(number);
    if (known != refunds.end()) return known->second;
    auto& entry = payments[payment];
    const bool done = entry.simulated == SimulatedOutcome::kCaptured && amount <= entry.kept;
    if (done) {
      entry.kept -= amount;
      balances[payment % kAccounts] += amount;
    }
    return refunds[number] = done;
  }
};

// The rows as the database would hold them, and the checks its constraints would make.
struct Rows {
  std::map<Uuid, Account> accounts;
  std::map<Uuid, Payment> payments;
  std::map<Uuid, Refund> refunds;
  std::vector<LedgerRow> ledger;

  [[nodiscard]] PaymentRecords read() const {
    PaymentRecords records;
    for (const auto& [key, row] : accounts) records.add(row);
    for (const auto& [key, row] : payments) records.add(row);
    for (const auto& [key, row] : refunds) records.add(row);
    return records;
  }
  void write(const PaymentRecords& records) {
    for (const auto& change : records.changed_accounts()) {
      REQUIRE(accounts.at(change.account->id).ledger_sequence == change.expected_sequence);
      accounts[change.account->id] = *change.account;
    }
    for (const auto* row : records.payments().new_rows())
      REQUIRE(payments.emplace(row->id, *row).second);
    for (const auto* row : records.payments().changed_rows()) payments.at(row->id) = *row;
    for (const auto* row : records.refunds().new_rows())
      REQUIRE(refunds.emplace(row->id, *row).second);
    ledger.insert(ledger.end(), records.ledger().begin(), records.ledger().end());
  }
};

void check_rows(const Rows& rows, const Model& model, std::int64_t opening) {
  std::map<Uuid, std::int64_t> balances;
  std::map<Uuid, std::int64_t> sequences;
  std::map<Uuid, std::int64_t> by_reference;
  for (const auto& row : rows.ledger) {
    auto& balance = balances.try_emplace(row.account_id, opening).first->second;
    balance += row.amount;
    REQUIRE(row.amount != 0);
    REQUIRE(row.balance_after == balance);
    REQUIRE(balance >= 0);
    REQUIRE(row.sequence == ++sequences[row.account_id]);
    by_reference[row.reference] += row.amount;
  }
  for (int i = 0; i < kAccounts; ++i) {
    const auto& account = rows.accounts.at(id(2, i));
    REQUIRE(account.balance == model.balances.at(i));
    REQUIRE(account.balance == balances.try_emplace(account.id, opening).first->second);
  }
  for (const auto& [key, payment] : rows.payments) {
    const bool captured =
        payment.status != PaymentStatus::kRefused && payment.status != PaymentStatus::kVoided;
    REQUIRE(payment.undone_amount + payment.refunded_amount <= payment.amount.amount);
    REQUIRE(by_reference[key] == (captured ? payment.undone_amount - payment.amount.amount : 0));
  }
}

// One random command, applied to both; they must agree on its outcome.
void step(std::mt19937& random, PaymentRecords& records, Model& model) {
  const int payment = static_cast<int>(random() % kPayments);
  const int number = static_cast<int>(random() % kRefunds);
  // The same command always names the same amount, as a saga's does.
  const std::int64_t amount = (payment * 37) % 150;
  const Uuid account = id(2, payment % kAccounts);
  PaymentCommand command;
  bool expected = false;
  switch (random() % 3) {
    case 0:
      command = events::CapturePayment{id(3, payment), id(1, payment), account, {amount, "USD"}};
      expected = model.capture(payment, amount);
      break;
    case 1:
      command = events::UndoCapture{id(3, payment), id(1, payment), account, {amount, "USD"}};
      expected = model.undo(payment);
      break;
    default: {
      const int of = number % kPayments;
      const std::int64_t part = 1 + (number * 13) % 60;
      command = events::RefundPayment{id(4, number), id(5, number),         id(1, of),
                                      id(3, of),     id(2, of % kAccounts), {part, "USD"}};
      expected = model.refund(number, of, part);
    }
  }
  const auto verdict = handle(records, command, {Time{}, false, "model"});
  REQUIRE(verdict.has_value());
  REQUIRE((verdict->reply.outcome == ReplyOutcome::kDone) == expected);
}

TEST_CASE("the ledger agrees with a naive model, whatever comes in whatever order") {
  for (unsigned seed = 1; seed <= kSeeds; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto opening = static_cast<std::int64_t>(100 + random() % 400);
    Rows rows;
    Model committed;
    for (int i = 0; i < kAccounts; ++i) {
      rows.accounts[id(2, i)] = Account{id(2, i), "USD", opening, 0};
      committed.balances[i] = opening;
    }
    Model model = committed;
    PaymentRecords records = rows.read();
    for (int i = 0; i < kSteps; ++i) {
      step(random, records, model);
      if (random() % 5 != 0) continue;
      // The batch ends. One in four is discarded, as after a conflict: it never happened.
      if (random() % 4 == 0) {
        model = committed;
      } else {
        rows.write(records);
        committed = model;
      }
      records = rows.read();
    }
    check_rows(rows, committed, opening);
  }
}

}  // namespace
}  // namespace orderflow::domain
