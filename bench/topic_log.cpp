#include "bench/topic_log.hpp"

#include <thread>

#include "core/values/failure.hpp"

namespace orderflow::bench {
namespace {

constexpr core::Duration kAnswerTimeout = std::chrono::seconds{10};
constexpr core::Duration kTopicTimeout = std::chrono::seconds{15};
constexpr core::Duration kAskAgainAfter = std::chrono::milliseconds{200};

}  // namespace

std::int32_t await_partitions(core::KafkaConsumer& consumer) {
  const auto give_up = std::chrono::steady_clock::now() + kTopicTimeout;
  while (true) {
    try {
      return consumer.partition_count(kAnswerTimeout);
    } catch (const core::Unavailable&) {
      if (std::chrono::steady_clock::now() > give_up) throw;
    }
    std::this_thread::sleep_for(kAskAgainAfter);
  }
}

std::vector<core::PartitionOffset> log_ends(core::KafkaConsumer& consumer,
                                            std::int32_t partitions) {
  std::vector<core::PartitionOffset> ends;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    ends.push_back({partition, consumer.watermarks(partition, kAnswerTimeout).second});
  }
  return ends;
}

}  // namespace orderflow::bench
