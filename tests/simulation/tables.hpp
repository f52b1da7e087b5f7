#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "domain/delivery/delivery.hpp"
#include "domain/payments/payments.hpp"

namespace orderflow::simulation {

using core::Time;
using core::Uuid;

// Models of the participants' tables: what consumers/payments_rows and delivery_rows do in SQL. A
// differential test (tests/integration/model_test.cpp) makes the same calls on both.

struct PaymentKeys {
  std::set<Uuid> accounts;
  std::set<Uuid> payments;
  std::set<Uuid> refunds;
};

[[nodiscard]] PaymentKeys keys_of(const std::vector<const events::PaymentCommand*>& commands);

enum class Written {
  kYes,
  kConflict,   // An account moved since it was read; nothing was written.
  kDuplicate,  // A row of that id exists; nothing was written.
};

class PaymentTables {
 public:
  void open_account(const domain::Account& account) { accounts_[account.id] = account; }
  // What the API does when a person adjusts a balance.
  void adjust(const Uuid& account, std::int64_t amount);

  [[nodiscard]] domain::PaymentRecords read(const PaymentKeys& keys) const;
  [[nodiscard]] Written write(const domain::PaymentRecords& records);

  // A model without the barrier: rows of the same id are written over. For tests of the tests.
  void forget_barrier() { unique_ = false; }

  [[nodiscard]] const std::map<Uuid, domain::Account>& accounts() const { return accounts_; }
  [[nodiscard]] const std::map<Uuid, domain::Payment>& payments() const { return payments_; }
  [[nodiscard]] const std::map<Uuid, domain::Refund>& refunds() const { return refunds_; }
  [[nodiscard]] const std::vector<domain::LedgerRow>& ledger() const { return ledger_; }

 private:
  std::map<Uuid, domain::Account> accounts_;
  std::map<Uuid, domain::Payment> payments_;
  std::map<Uuid, domain::Refund> refunds_;
  std::vector<domain::LedgerRow> ledger_;
  bool unique_ = true;
};

class DeliveryTable {
 public:
  [[nodiscard]] domain::DeliveryRecords read(const std::set<Uuid>& ids) const;
  [[nodiscard]] Written write(const domain::DeliveryRecords& records);

  [[nodiscard]] const std::map<Uuid, domain::Delivery>& rows() const { return rows_; }

 private:
  std::map<Uuid, domain::Delivery> rows_;
};

// A partition's row, and what an ownership check wants of it (consumers/partition_store).
struct PartitionRow {
  std::int64_t epoch = 0;
  std::int64_t next_offset = 0;
  std::int64_t batch_no = 0;
  std::int64_t published_mark = 0;

  bool operator==(const PartitionRow&) const = default;
};
struct Advance {
  std::int32_t partition = 0;
  std::int64_t epoch = 0;
  std::int64_t expected_offset = 0;
  std::int64_t next_offset = 0;
  std::int64_t batch_no = 0;
  std::int64_t published_mark = 0;
};

class PartitionTable {
 public:
  explicit PartitionTable(std::int32_t partitions) : rows_(static_cast<std::size_t>(partitions)) {}

  // Raises the epoch: whoever owned the partition is fenced.
  PartitionRow grant(std::int32_t partition) {
    ++at(partition).epoch;
    return at(partition);
  }
  // True when every partition has the epoch and the offset that are believed.
  [[nodiscard]] bool agrees(const std::vector<Advance>& advances) const;
  void advance(const std::vector<Advance>& advances);
  [[nodiscard]] const PartitionRow& row(std::int32_t partition) const {
    return rows_[static_cast<std::size_t>(partition)];
  }

 private:
  PartitionRow& at(std::int32_t partition) { return rows_[static_cast<std::size_t>(partition)]; }

  std::vector<PartitionRow> rows_;
};

}  // namespace orderflow::simulation
