#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consumers/runtime/batch.hpp"
#include "consumers/runtime/grant.hpp"
#include "consumers/runtime/partition_store.hpp"
#include "core/pg/session.hpp"
#include "producers/publish_marks.hpp"

namespace orderflow::consumers {

// A transaction of an owner: the rows of partitions that it advances, and its statements in order,
// the ownership check of those rows first. Without statements there is nothing to commit. A value.
struct Transaction {
  std::vector<Advance> advances;
  std::vector<core::PgCall> calls;
};

// What a commit has made durable. A value.
struct Committed {
  std::vector<Advance> advances;
};

// Where each partition's row goes on after these messages.
[[nodiscard]] std::map<std::int32_t, std::int64_t> next_offsets(Messages messages);

// The advances of a batch: of partitions that messages came from or whose rows it touches. With
// each goes the mark up to which the partition is published.
[[nodiscard]] std::vector<Advance> batch_advances(
    const Grants& grants, const std::map<std::int32_t, std::int64_t>& next_offsets,
    const std::set<std::int32_t>& touched, const producers::PublishMarks& marks,
    std::optional<Time> oldest_ready_at);

// The advances of no batch: marks and a heartbeat, of every owned partition.
[[nodiscard]] std::vector<Advance> mark_advances(const Grants& grants,
                                                 const producers::PublishMarks& marks,
                                                 std::optional<Time> oldest_ready_at);

// Ownership check, effects, dead letters. Empty when nothing advances.
[[nodiscard]] Transaction make_transaction(const PartitionStore& store, const std::string& topic,
                                           std::vector<Advance> advances, TransactionDraft draft);

}  // namespace orderflow::consumers
