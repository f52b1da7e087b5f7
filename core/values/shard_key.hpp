#pragma once

#include <cstdint>

#include "core/values/shard.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::core {

[[nodiscard]] inline std::int32_t shard_of(const Uuid& id) { return shard_of(id.text().view()); }

// An id by which rows and messages are spread, with its text and its shard, each worked out once:
// where the id enters the process. A value: copy freely, any thread.
struct ShardKey {
  Uuid uuid;
  Uuid::Text text{};
  std::int32_t shard = 0;

  ShardKey() = default;  // To be assigned: not the key of the nil id.
  explicit ShardKey(const Uuid& id) : uuid(id), text(id.text()), shard(shard_of(text.view())) {}
  // Of a row that has a column for its shard.
  ShardKey(const Uuid& id, std::int32_t shard_of_row)
      : uuid(id), text(id.text()), shard(shard_of_row) {}

  [[nodiscard]] std::int32_t partition(std::int32_t partitions) const {
    return partition_of_shard(shard, partitions);
  }
};

}  // namespace orderflow::core
