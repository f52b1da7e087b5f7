#pragma once

#include <vector>

#include "core/kafka/consumer.hpp"

namespace orderflow::bench {

// How many partitions the consumer's topic has. An instance that has just started may not have
// created it yet, so this waits a little. Throws core::Unavailable.
[[nodiscard]] std::int32_t await_partitions(core::KafkaConsumer& consumer);

// The next offset of each partition. Throws core::Unavailable.
[[nodiscard]] std::vector<core::PartitionOffset> log_ends(core::KafkaConsumer& consumer,
                                                          std::int32_t partitions);

}  // namespace orderflow::bench
