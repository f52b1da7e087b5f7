#pragma once

#include <cstdint>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "consumers/runtime/partition_handler.hpp"
#include "consumers/sagas/database_polls.hpp"
#include "consumers/sagas/held_events.hpp"
#include "consumers/sagas/participant_health.hpp"
#include "consumers/sagas/saga_batch.hpp"
#include "consumers/sagas/saga_messages.hpp"
#include "consumers/sagas/saga_metrics.hpp"
#include "consumers/sagas/saga_policies.hpp"
#include "consumers/sagas/unreadable_sagas.hpp"
#include "consumers/sagas/wake_ups.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/settings/settings.hpp"
#include "events/topics.hpp"
#include "saga/store/store.hpp"

namespace orderflow::consumers {

// Owns the sagas of its partitions: takes placed orders, requests, replies, reports and due
// wake-ups, lets saga::decide judge each, writes all results in one transaction and sends what
// follows.
//
// Keeps in memory (bounded) the sagas that something is still to happen to; under its grant's epoch
// that copy is the truth.
// One thread: the owner loop's.
class Orchestrator final : public PartitionHandler {
 public:
  Orchestrator(const core::Settings& settings, events::Topics topics, core::Logger& logger,
               core::Metrics& metrics, core::Health& health);

  std::vector<producers::Outgoing> granted(const Grants& fresh, const Grants& all,
                                           std::int32_t partition_count,
                                           core::PgSession& session) override;
  void dropped(const std::set<std::int32_t>& partitions) override;
  TransactionDraft prepare(const Batch& batch, core::PgSession& session) override;
  std::vector<producers::Outgoing> committed(const Grants& grants) override;
  void discarded() override;
  TransactionDraft prepare_refused(const Batch& batch,
                                   const std::vector<producers::Refused>& refused,
                                   core::PgSession& session) override;
  TransactionDraft prepare_dead_letter(const Batch& batch, const std::string& reason,
                                       core::PgSession& session) override;
  [[nodiscard]] Time next_due() const override;
  [[nodiscard]] core::Duration oldest_ready(Time now) const override;

 private:
  void take_probes(const Batch& batch, std::vector<SagaBatch::Pending>& inputs);
  void show_progress(Time now);
  // Loads the sagas of these inputs and lets them be judged.
  void apply(const Batch& batch, const std::vector<SagaBatch::Pending>& inputs,
             core::PgSession& session, TransactionDraft& draft);
  void load(const std::vector<SagaBatch::Pending>& inputs, core::PgSession& session);
  void pass_over(const SagaBatch::Pending& pending, TransactionDraft& draft);
  void judge(SagaBatch::Prepared& prepared, const saga::Input& input, Time now);
  void keep(const core::Uuid& order_id, SagaBatch::Prepared& prepared);
  void evict();
  void log_event(const events::OrderEvent& event) const;
  [[nodiscard]] std::int32_t partition_of(const saga::Saga& saga) const;
  [[nodiscard]] std::int32_t partition_of(const core::Uuid& order_id) const;

  SagaMessages messages_;
  core::Logger& logger_;
  SagaMetrics metrics_;
  SagaPolicies policies_;
  ParticipantHealth health_;
  WakeUps wake_ups_;
  DatabasePolls polls_;
  HeldEvents held_;
  UnreadableSagas unreadable_;
  std::size_t cache_limit_;
  std::int32_t partition_count_ = 1;
  saga::Sagas cache_;
  Time next_progress_{};

  // The transaction under way; taken over by committed(), dropped by discarded().
  Time decided_at_{};
  SagaBatch sagas_;
};

// Runs the orchestrator role until `stop`.
void run_orchestrator(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
                      core::Health& health, const std::stop_token& stop);

}  // namespace orderflow::consumers
