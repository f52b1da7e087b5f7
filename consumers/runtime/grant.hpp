#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "core/values/shard.hpp"
#include "core/values/time.hpp"

namespace orderflow::consumers {

using core::Time;

// A partition this process owns. The database granted it under an epoch; every transaction repeats
// that epoch and the offset it expects, so a zombie's transaction fails as a whole. A value.
struct Grant {
  std::int32_t partition = 0;
  std::int64_t epoch = 0;
  std::int64_t next_offset = 0;
  std::int64_t batch_no = 0;        // Of the last transaction that touched it.
  std::int64_t published_mark = 0;  // As last written.
  Time granted_at{};                // By the database's clock.
};

using Grants = std::map<std::int32_t, Grant>;

// The shards of these partitions, the keys of a map or set, in ascending order.
template <typename Partitions>
[[nodiscard]] std::vector<std::int32_t> shards_of(const Partitions& partitions,
                                                  std::int32_t partition_count) {
  std::vector<std::int32_t> shards;
  for (std::int32_t shard = 0; shard < core::kShardCount; ++shard) {
    if (partitions.contains(core::partition_of_shard(shard, partition_count))) {
      shards.push_back(shard);
    }
  }
  return shards;
}

// What a transaction writes into the row of an owned partition, provided that the row still has
// this epoch and the expected offset. A value.
struct Advance {
  std::int32_t partition = 0;
  std::int64_t epoch = 0;
  std::int64_t expected_offset = 0;
  std::int64_t next_offset = 0;
  std::int64_t batch_no = 0;
  std::int64_t published_mark = 0;
  std::optional<Time> oldest_ready_at;  // Since when the oldest item that is ready waits.
};

}  // namespace orderflow::consumers
