#pragma once

#include <cstdint>
#include <string_view>

namespace orderflow::core {

// Rows are spread over a fixed number of shards, shards over P partitions (a power of two, so that
// partition = shard mod P agrees with Kafka's own choice for the same key and any such P).
inline constexpr std::int32_t kShardCount = 1024;

// Kafka's MurmurHash2 with its seed 0x9747b28c, as in Java's default partitioner and librdkafka's
// `murmur2`.
[[nodiscard]] std::uint32_t murmur2(std::string_view key);

[[nodiscard]] inline std::int32_t shard_of(std::string_view key) {
  return static_cast<std::int32_t>((murmur2(key) & 0x7fffffffU) % kShardCount);
}

[[nodiscard]] inline std::int32_t partition_of_shard(std::int32_t shard, std::int32_t partitions) {
  return shard % partitions;
}

[[nodiscard]] inline std::int32_t partition_of_key(std::string_view key, std::int32_t partitions) {
  return partition_of_shard(shard_of(key), partitions);
}

}  // namespace orderflow::core
