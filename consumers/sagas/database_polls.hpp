#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "consumers/runtime/batch.hpp"
#include "consumers/runtime/overdue_scan.hpp"
#include "consumers/sagas/saga_batch.hpp"

namespace orderflow::consumers {

// What the owner of sagas looks for in the database because no message may have told: requests that
// are not handled, each second, and sagas whose wake-up is past, which memory has forgotten or
// never knew. Requests that a message did tell of are read along with them, in one round trip.
//
// Owned by the orchestrator; one thread.
class DatabasePolls {
 public:
  static constexpr core::Duration kOverdueInterval = std::chrono::seconds{2};

  // `row_limit`: of each poll.
  explicit DatabasePolls(std::size_t row_limit);

  // A grant, after which these shards are owned: both polls are due.
  void granted(std::vector<std::int32_t> owned_shards, std::int32_t partition_count);
  void dropped(const std::set<std::int32_t>& partitions);

  // Orders that the polls pass over from now on.
  void leave_out(std::vector<core::Uuid> orders) { left_out_ = std::move(orders); }

  // Adds what is found to `inputs`.
  void read(const Batch& batch, const std::vector<core::Uuid>& request_ids,
            std::vector<SagaBatch::Pending>& inputs, core::PgSession& session);

  [[nodiscard]] Time next() const;

 private:
  [[nodiscard]] core::PgCall overdue_call(const Batch& batch);
  [[nodiscard]] bool owned(std::int32_t shard, const Batch& batch) const;

  std::int32_t row_limit_;
  std::int32_t partition_count_ = 1;
  std::vector<std::int32_t> shards_;  // Owned.
  std::vector<core::Uuid> left_out_;
  Time next_request_poll_{};
  OverdueScan overdue_;
};

}  // namespace orderflow::consumers
