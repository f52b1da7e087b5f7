#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "consumers/participants/delivery_timers.hpp"
#include "consumers/participants/participant_effects.hpp"
#include "consumers/runtime/partition_handler.hpp"
#include "domain/delivery/delivery.hpp"
#include "domain/simulation.hpp"

namespace orderflow::consumers {

struct DeliveryHandlerOptions {
  std::string inbox_topic;
  domain::Simulation simulation;
  domain::DeliveryPolicy policy;
  std::size_t timer_limit = 100'000;  // Kept in memory; the rest is found when overdue.
  std::size_t row_limit = 20'000;     // Likewise, of whole rows; others are read when needed.
  std::size_t due_limit = 1'000;      // Fired in one transaction.
  core::Duration overdue_interval = std::chrono::seconds{2};
};

// The delivery participant and its simulated carrier: schedules and cancels on command, hands
// parcels over when they are due, and repeats the report of each until it is acknowledged. Reads
// and writes sets of rows. Keeps live rows as it wrote them: while it owns their partitions nobody
// else writes them. Called by the owner loop's thread.
class DeliveryHandler : public PartitionHandler {
 public:
  DeliveryHandler(DeliveryHandlerOptions options, core::Logger& logger, core::Metrics& metrics);

  std::vector<producers::Outgoing> granted(const Grants& fresh, const Grants& all,
                                           std::int32_t partition_count,
                                           core::PgSession& session) override;
  void dropped(const std::set<std::int32_t>& partitions) override;
  TransactionDraft prepare(const Batch& batch, core::PgSession& session) override;
  std::vector<producers::Outgoing> committed(const Grants& grants) override;
  void discarded() override;
  [[nodiscard]] Time next_due() const override;
  [[nodiscard]] core::Duration oldest_ready(Time now) const override;

 private:
  struct Item {
    const core::KafkaMessage* message;
    events::DeliveryCommand command;
    core::ShardKey order;
    domain::SimulatedOutcome simulated;
  };
  // What holds of a delivery once the transaction is durable.
  struct Change {
    std::int32_t partition;
    core::Uuid id;
    Time due;
    std::optional<domain::Delivery> live_row;
  };
  using DueByPartition = DeliveryTimers::DueByPartition;

  std::vector<Item> admit(const Batch& batch, TransactionDraft& draft);
  [[nodiscard]] domain::DeliveryRecords read_records(const std::set<core::Uuid>& ids,
                                                     core::PgSession& session) const;
  void handle_item(const Item& item, Time now, domain::DeliveryRecords& records,
                   TransactionDraft& draft);
  void fire_due(const DueByPartition& due, Time now, domain::DeliveryRecords& records,
                TransactionDraft& draft);
  void prepare(const domain::DeliveryRecords& records, const DueByPartition& due,
               std::int32_t partition_count);
  void keep(Change& change);

  DeliveryHandlerOptions options_;
  core::Logger& logger_;
  ParticipantEffects effects_;
  DeliveryTimers timers_;

  struct LiveRow {
    std::int32_t partition;
    domain::Delivery row;
  };
  std::unordered_map<core::Uuid, LiveRow> live_;

  std::vector<Change> prepared_;
};

}  // namespace orderflow::consumers
