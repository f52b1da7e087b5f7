#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/context.hpp"
#include "tests/simulation/database.hpp"
#include "tests/simulation/participants.hpp"

namespace orderflow::simulation {

// The reference: knows what the seed has in store for each order and what people asked for, and
// from these alone which ends are possible. It judges every commit at the moment it happens, every
// event as an outside consumer without repetitions sees it, and at the end each order as a whole.
// Throws Violation.
class Oracle final : public CommitObserver {
 public:
  Oracle(Context& context, const std::vector<Script>& scripts)
      : context_(context), scripts_(scripts) {}
  void attach(const Database& database) { database_ = &database; }

  std::function<void(int order)> on_saga_commit;

  void order_added(int order);
  void account_opened(const domain::Account& account) { accounts_[account.id] = account; }
  void poor_account(const Uuid& account) { poor_.push_back(account); }

  // CommitObserver
  void before_sagas(const Transaction& transaction) override;
  void after_payments(const domain::PaymentRecords& records) override;
  void after_deliveries(const domain::DeliveryRecords& records) override;
  void account_adjusted(const Uuid& account, std::int64_t amount) override;
  void request_updated(const RequestRow& row, const saga::RequestUpdate& update) override;
  void committed(const Transaction& transaction) override;
  void duplicate_row(Role role) override;

  // The outside consumer.
  void event(const Message& message);

  // After the last fault and the time the promise allows: everything has moved.
  void check_liveness() const;
  // At the very end.
  void check_ends() const;
  [[nodiscard]] std::uint64_t checks() const { return checks_; }

 private:
  // What the oracle keeps about one order.
  struct Record {
    saga::OrderStatus status = saga::OrderStatus::kPendingPayment;  // Of its last event.
    std::int64_t sequence = 0;                                      // Committed.
    std::int64_t seen = 0;                                          // By the outside consumer.
    int unreturned_captures = 0;
    int captures = 0;
    std::map<Uuid, std::int64_t> kept;  // By payment: captured and not given back.
    bool delivery_stands = false;
  };
  // What people asked of one order, and what they were told.
  struct Asked {
    bool to_confirm = false;
    bool to_cancel = false;
    bool cancel_done = false;
    bool too_late = false;
    bool payment_done = false;
    bool retry_done = false;
    std::int64_t unanswered = 0;
  };

  void check(bool holds, int order, const std::string& promise) const;
  void check_transition(int order, saga::OrderStatus from, saga::OrderStatus to) const;
  void check_ledger(const domain::PaymentRecords& records);
  void payment_written(const domain::Payment& payment);
  void delivery_written(const domain::Delivery& delivery, bool fresh);
  [[nodiscard]] std::vector<Asked> asked_of_all() const;
  [[nodiscard]] bool possible(int order, const Asked& asked) const;
  [[nodiscard]] bool poor(const Uuid& account) const;
  void check_answers(int order, const Asked& asked) const;
  void check_money(int order) const;
  void check_publication(int order) const;
  [[nodiscard]] const OrderRow& row(int order) const {
    return database_->orders()[static_cast<std::size_t>(order)];
  }
  [[nodiscard]] const Script& script(int order) const {
    return scripts_[static_cast<std::size_t>(order)];
  }
  Record& record(int order) { return records_[static_cast<std::size_t>(order)]; }

  Context& context_;
  const std::vector<Script>& scripts_;
  const Database* database_ = nullptr;
  std::vector<Record> records_;
  std::map<Uuid, domain::Account> accounts_;
  std::vector<Uuid> poor_;
  mutable std::uint64_t checks_ = 0;
};

}  // namespace orderflow::simulation
