#pragma once

#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "consumers/runtime/due_timers.hpp"
#include "consumers/runtime/overdue_rounds.hpp"
#include "consumers/runtime/partition_handler.hpp"
#include "consumers/sagas/participant_health.hpp"
#include "consumers/sagas/saga_batch.hpp"
#include "consumers/sagas/saga_metrics.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/settings/settings.hpp"
#include "events/codec.hpp"
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
               core::Metrics& metrics);

  std::vector<producers::Outgoing> granted(const Grants& fresh, const Grants& all,
                                           std::int32_t partition_count,
                                           core::PgSession& session) override;
  void dropped(const std::set<std::int32_t>& partitions) override;
  TransactionDraft prepare(const Batch& batch, core::PgSession& session) override;
  std::vector<producers::Outgoing> committed(const Grants& grants) override;
  void discarded() override;
  TransactionDraft prepare_dead_letter(const Batch& batch, const std::string& reason,
                                       core::PgSession& session) override;
  [[nodiscard]] Time next_due() const override;
  [[nodiscard]] core::Duration oldest_ready(Time now) const override;

 private:
  void decode(const Batch& batch, std::vector<SagaBatch::Pending>& inputs,
              std::vector<core::Uuid>& told_of, TransactionDraft& draft);
  void take_due(const Batch& batch, std::vector<SagaBatch::Pending>& inputs);
  void take_probes(const Batch& batch, std::vector<SagaBatch::Pending>& inputs);
  void read_truth(const Batch& batch, const std::vector<core::Uuid>& told_of,
                  std::vector<SagaBatch::Pending>& inputs, core::PgSession& session);
  void show_progress(Time now);
  [[nodiscard]] std::vector<core::Duration> start_patiences(const Batch& batch) const;
  [[nodiscard]] Time held_until(const saga::Saga& saga, const Batch& batch) const;
  [[nodiscard]] std::vector<std::int32_t> moving_shards(const std::set<std::int32_t>& stuck) const;
  void apply(const Batch& batch, const std::vector<SagaBatch::Pending>& inputs);
  void judge(SagaBatch::Prepared& prepared, const saga::Input& input, Time now);
  void adapt_reply_timeouts();
  void adopt(const core::Uuid& order_id, SagaBatch::Prepared& prepared);
  void evict();
  void tell(const events::OrderEvent& event) const;
  [[nodiscard]] std::int32_t partition_of(const saga::Saga& saga) const;
  [[nodiscard]] std::int32_t partition_of(const core::Uuid& order_id) const;
  [[nodiscard]] core::OutgoingMessage encode(const saga::Saga& saga,
                                             const saga::Command& command) const;

  events::Topics topics_;
  core::Logger& logger_;
  SagaMetrics metrics_;
  saga::Policy policy_;          // With reply time-outs adapted to round trips.
  saga::Policy single_attempt_;  // Behind a breaker that is not closed; one tells as much as five.
  decltype(saga::Policy::reply_timeout) reply_timeout_;  // As configured; the shortest ones.
  ParticipantHealth health_;
  std::size_t cache_limit_;
  std::size_t batch_limit_;

  std::int32_t partition_count_ = 1;
  std::vector<std::int32_t> owned_shards_;
  saga::Sagas cache_;
  std::set<std::int32_t> stuck_;  // Their wake-ups wait until their messages are acknowledged.
  DueTimers wake_ups_;            // What is forgotten the overdue poll brings back.
  Time next_request_poll_{};
  Time next_progress_{};
  OverdueRounds overdue_;

  // The decision under way; adopted by committed(), dropped by discarded().
  Time decided_at_{};
  SagaBatch sagas_;
  std::vector<std::pair<std::int32_t, core::Uuid>> taken_;  // Woken, by partition.
};

// Runs the orchestrator role until `stop`.
void run_orchestrator(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
                      const std::stop_token& stop);

// The saga policy a configuration asks for.
[[nodiscard]] saga::Policy policy_from(const core::Settings& settings);

}  // namespace orderflow::consumers
