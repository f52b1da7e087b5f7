#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "saga/order/decide.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/message.hpp"
#include "tests/simulation/tables.hpp"

namespace orderflow::simulation {

// An order and its saga's row. Its number, its place in the table, is in the id's first bytes.
struct OrderRow {
  saga::OrderFacts facts;
  saga::State state;
  std::int32_t partition = 0;          // Of orders.inbox, orders.events and delivery.commands.
  std::int32_t account_partition = 0;  // Of payments.commands.
};

[[nodiscard]] inline int number_of(const Uuid& order) {
  return (order.bytes[0] << 24) | (order.bytes[1] << 16) | (order.bytes[2] << 8) | order.bytes[3];
}

struct RequestRow {
  int order = 0;
  saga::Request request;
  bool handled = false;
  std::string state = "accepted";
  std::string code;
  Time accepted_at;

  [[nodiscard]] bool ended() const { return state == "done" || state == "refused"; }
};

// An event with its place in the order of publication.
struct StoredEvent {
  int order = 0;
  events::OrderEvent event;
  std::int32_t partition = 0;
  std::int64_t batch_no = 0;
};

// An order whose events the broker refuses, from this one on.
struct HeldOrder {
  int order = 0;
  std::int64_t sequence = 0;
};

// One owner transaction: all of it happens or nothing.
struct Transaction {
  struct SagaChange {
    int order = 0;
    saga::State state;  // With the version it will have.
    std::int64_t expected_version = 0;
  };
  Role role = Role::kOrchestrator;
  bool has_messages = false;
  std::vector<Advance> advances;
  std::vector<SagaChange> sagas;
  std::vector<StoredEvent> events;
  std::vector<HeldOrder> held;     // From now on.
  std::vector<int> released;       // Held no more ...
  std::vector<StoredEvent> moved;  // ... and what they held back, in its new place.
  std::vector<saga::RequestUpdate> requests;
  std::optional<domain::PaymentRecords> payments;
  std::optional<domain::DeliveryRecords> deliveries;
};

enum class Committed {
  kYes,
  kFenced,    // The partition has another owner, or a saga another version.
  kConflict,  // An account moved in between.
};

// Sees every commit at the moment it happens, whoever made it.
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  virtual void before_sagas(const Transaction& transaction) = 0;
  virtual void after_payments(const domain::PaymentRecords& records) = 0;
  virtual void after_deliveries(const domain::DeliveryRecords& records) = 0;
  virtual void account_adjusted(const Uuid& account, std::int64_t amount) = 0;
  virtual void request_updated(const RequestRow& row, const saga::RequestUpdate& update) = 0;
  virtual void committed(const Transaction& transaction) = 0;
  virtual void duplicate_row(Role role) = 0;
};

// The model of PostgreSQL: atomic transactions that begin with the ownership check, and the reads
// that owners make. A read and a later commit are two moments; anything may happen in between.
class Database {
 public:
  Database(std::int32_t partitions, Defect defect, CommitObserver& observer);

  [[nodiscard]] Committed commit(const Transaction& transaction);

  // orders
  int add_order(OrderRow row);
  [[nodiscard]] const std::vector<OrderRow>& orders() const { return orders_; }
  int add_request(RequestRow row);
  [[nodiscard]] const std::vector<RequestRow>& requests() const { return requests_; }
  [[nodiscard]] const std::vector<int>& unhandled() const { return unhandled_; }
  // Events beyond this batch of the partition, in order of publication.
  [[nodiscard]] std::vector<StoredEvent> events_after(std::int32_t partition,
                                                      std::int64_t batch_no) const;
  // orders.held_events: from which sequence on, by order.
  [[nodiscard]] const std::map<int, std::int64_t>& held() const { return held_; }
  // What an order holds back.
  [[nodiscard]] std::vector<StoredEvent> events_held(int order) const;
  // Publication is checked against this: the types of an order's events, by sequence.
  [[nodiscard]] const std::vector<std::string>& history(int order) const {
    return histories_[static_cast<std::size_t>(order)];
  }

  PartitionTable& partitions(Role role) { return partitions_[static_cast<std::size_t>(role)]; }
  void open_account(const domain::Account& account) { payments_.open_account(account); }
  // By a person, at the API.
  void adjust_account(const Uuid& account, std::int64_t amount) {
    payments_.adjust(account, amount);
    observer_.account_adjusted(account, amount);
  }
  [[nodiscard]] const PaymentTables& payments() const { return payments_; }
  [[nodiscard]] const DeliveryTable& deliveries() const { return deliveries_; }

 private:
  [[nodiscard]] bool fenced(const Transaction& transaction);
  void apply_sagas(const Transaction& transaction);
  void apply_held(const Transaction& transaction);
  void apply_requests(const Transaction& transaction);

  Defect defect_;
  CommitObserver& observer_;
  std::vector<PartitionTable> partitions_;
  std::vector<OrderRow> orders_;
  std::vector<RequestRow> requests_;
  std::unordered_map<Uuid, int> request_numbers_;
  std::vector<int> unhandled_;
  std::vector<std::vector<StoredEvent>> events_;  // By partition, in commit order.
  std::vector<std::vector<std::string>> histories_;
  std::map<int, std::int64_t> held_;
  PaymentTables payments_;
  DeliveryTable deliveries_;
};

}  // namespace orderflow::simulation
