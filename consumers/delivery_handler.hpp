#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "consumers/due_timers.hpp"
#include "consumers/owner_loop.hpp"
#include "consumers/participant_effects.hpp"
#include "domain/delivery.hpp"
#include "domain/simulation.hpp"

namespace orderflow::consumers {

struct DeliveryHandlerOptions {
  std::string inbox_topic;
  domain::Simulation simulation;
  domain::DeliveryPolicy policy;
  std::size_t timer_limit = 100'000;  // Kept in memory; the rest is found when overdue.
  std::size_t due_limit = 1'000;      // Fired in one transaction.
  core::Duration overdue_interval = std::chrono::seconds{2};
};

// The delivery participant and its simulated carrier: schedules and cancels on command, hands
// parcels over when they are due, and repeats the report of each until it is acknowledged. Reads
// and writes sets of rows. Keeps only the times at which live rows are due. Called by the owner
// loop's thread.
class DeliveryHandler : public PartitionHandler {
 public:
  DeliveryHandler(DeliveryHandlerOptions options, core::Logger& logger, core::Metrics& metrics);

  std::vector<producers::Outgoing> granted(const Grants& fresh, const Grants& all,
                                           std::int32_t partition_count,
                                           core::PgSession& session) override;
  void dropped(const std::set<std::int32_t>& partitions) override;
  Decision decide(const Work& work) override;
  std::vector<producers::Outgoing> committed(const Grants& grants) override;
  void discarded() override;
  [[nodiscard]] Time next_due() const override;
  [[nodiscard]] core::Duration oldest_ready(Time now) const override;

 private:
  struct Item {
    const core::KafkaMessage* message;
    events::DeliveryCommand command;
    domain::Fate fate;
  };
  using DueByPartition = std::map<std::int32_t, std::vector<core::Uuid>>;

  std::vector<Item> admit(const Work& work, Decision& decision);
  void reread_overdue(const Work& work);
  [[nodiscard]] DueByPartition collect_due(const Work& work) const;
  void decide_item(const Item& item, Time now, domain::DeliveryBook& book, Decision& decision);
  void fire_due(const DueByPartition& due, Time now, domain::DeliveryBook& book,
                Decision& decision);
  void prepare_timers(const domain::DeliveryBook& book, const DueByPartition& due,
                      std::int32_t partition_count);

  DeliveryHandlerOptions options_;
  core::Logger& logger_;
  ParticipantEffects effects_;
  prometheus::Gauge& timers_gauge_;
  std::set<std::int32_t> owned_;
  std::set<std::int32_t> stuck_;  // As of the last decide(): their timers wait.
  DueTimers timers_;
  Time next_overdue_read_ = Time::max();

  // Times that hold once the transaction is durable.
  struct TimerChange {
    std::int32_t partition;
    core::Uuid id;
    Time due;
  };
  std::vector<TimerChange> prepared_;
};

}  // namespace orderflow::consumers
