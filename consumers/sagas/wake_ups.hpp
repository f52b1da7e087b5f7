#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "consumers/runtime/batch.hpp"
#include "consumers/runtime/due_timers.hpp"
#include "consumers/runtime/rotation.hpp"
#include "consumers/sagas/saga_batch.hpp"

namespace orderflow::consumers {

// When the sagas of the owned partitions act though no message comes: a copy of their rows'
// wake-ups, bounded. What it forgets the overdue scan finds (DatabasePolls).
//
// Owned by the orchestrator; one thread.
class WakeUps {
 public:
  explicit WakeUps(std::size_t batch_limit);

  // At a grant: the live sagas of these shards, which are those of the fresh grants.
  void load(const Grants& fresh, const std::vector<std::int32_t>& shards,
            std::int32_t partition_count, core::PgSession& session);
  void drop(const std::set<std::int32_t>& partitions);

  // Partitions whose wake-ups wait until the messages published before are acknowledged.
  void hold(const std::set<std::int32_t>& stuck) { stuck_ = stuck; }
  // Adds an input for each saga that is due. It stays due until set() says otherwise.
  void take_due(const Batch& batch, std::vector<SagaBatch::Pending>& inputs);

  // Until when a due saga is left alone because the saga's OrderPlaced is probably still to come.
  [[nodiscard]] static Time held_until(const saga::State& state, std::int32_t partition,
                                       const Batch& batch);

  // After a commit, of a transaction that was decided at `decided_at`: each of its sagas ...
  void set(const SagaBatch::Prepared& prepared, Time decided_at);
  // ... and then the wake-ups taken of orders that do not exist, or whose sagas cannot be read.
  void forget_unknown(SagaBatch& sagas);
  void discarded() { taken_.clear(); }

  [[nodiscard]] Time next() const { return timers_.next_except(stuck_); }
  [[nodiscard]] core::Duration overdue(Time now) const { return timers_.overdue(now); }

 private:
  std::size_t batch_limit_;
  DueTimers timers_;
  Rotation rotation_;
  std::set<std::int32_t> stuck_;
  std::vector<std::pair<std::int32_t, core::Uuid>> taken_;  // By take_due(), with the partition.
};

}  // namespace orderflow::consumers
