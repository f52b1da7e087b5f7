#pragma once

#include <set>
#include <string>
#include <vector>

#include "consumers/participants/participant_effects.hpp"
#include "consumers/runtime/partition_handler.hpp"
#include "domain/payments/payments.hpp"
#include "domain/simulation.hpp"

namespace orderflow::consumers {

// The payments participant: takes batches of capture, undo and refund commands, reads their
// accounts and payments in one round trip, lets domain/payments decide them in order, and writes
// the result with a handful of array statements. Keeps nothing between batches. Called by the owner
// loop's thread.
class PaymentsHandler : public PartitionHandler {
 public:
  PaymentsHandler(std::string inbox_topic, domain::Simulation simulation, core::Logger& logger,
                  core::Metrics& metrics);

  std::vector<producers::Outgoing> granted(const Grants& fresh, const Grants& all,
                                           std::int32_t partition_count,
                                           core::PgSession& session) override;
  void dropped(const std::set<std::int32_t>& partitions) override;
  TransactionDraft prepare(const Batch& batch, core::PgSession& session) override;
  std::vector<producers::Outgoing> committed(const Grants& grants) override;
  void discarded() override;

 private:
  // A command that takes part in this batch.
  struct Item {
    const core::KafkaMessage* message;
    events::PaymentCommand command;
    domain::SimulatedOutcome simulated;
  };

  std::vector<Item> admit(const Batch& batch, TransactionDraft& draft);
  void handle_item(const Item& item, Time now, domain::PaymentRecords& records,
                   TransactionDraft& draft);
  void answer(const Item& item, const events::Reply& reply, const core::Trace& trace);

  domain::Simulation simulation_;
  core::Logger& logger_;
  ParticipantEffects effects_;
};

}  // namespace orderflow::consumers
