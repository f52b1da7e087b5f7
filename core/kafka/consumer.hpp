#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/kafka/client.hpp"
#include "core/kafka/groups.hpp"
#include "core/kafka/message.hpp"
#include "core/kafka/options.hpp"
#include "core/kafka/refusal.hpp"
#include "core/observe/log.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

struct PartitionOffset {
  std::int32_t partition;
  std::int64_t offset;
};

// What a consumer tells about partitions; called inside KafkaConsumer::poll, on its thread, through
// C code, so implementations must not throw: they take note, and act once poll has returned.
// Nothing is read after either call until assign().
class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  virtual void on_assigned(std::span<const std::int32_t> partitions) noexcept = 0;
  virtual void on_revoked() noexcept = 0;
};

enum class PollOutcome {
  kMessage,
  kNothing,
  kOffsetLost,
  kTopicGone,  // Or not there yet. librdkafka 2.0 may not recover when it comes back: start anew.
};

struct Polled {
  PollOutcome outcome = PollOutcome::kNothing;
  std::optional<KafkaMessage> message;
  std::int32_t partition = -1;     // Whose offset was lost.
  std::optional<Refusal> refusal;  // With kNothing: why nothing can be read, until it is mended.
};

// Reads one topic, either as a member of a group (eager range assignor, offsets kept elsewhere),
// from join() on, or, without a group, whatever assign() names. One thread at a time.
class KafkaConsumer {
 public:
  KafkaConsumer(const KafkaOptions& options, Logger& logger, std::string topic, std::string group,
                RebalanceListener* listener);
  ~KafkaConsumer();
  KafkaConsumer(const KafkaConsumer&) = delete;
  KafkaConsumer& operator=(const KafkaConsumer&) = delete;

  // Becomes a member of the group. Throws Unavailable.
  void join();
  // The client ids of the group's members, or why the cluster does not tell.
  [[nodiscard]] tl::expected<ClientIds, std::string> member_client_ids(Duration timeout) {
    return core::member_client_ids(handle(), group_, timeout);
  }

  [[nodiscard]] Polled poll(Duration timeout);

  // Replaces the whole assignment. Offsets travel with it since a seek right after an assign is
  // lost (librdkafka #3959), as is one after an offset error (#2961).
  void assign(std::span<const PartitionOffset> partitions);
  void unassign();

  // First and next offsets of the log as the broker knows them; throws Unavailable.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> watermarks(std::int32_t partition,
                                                                 Duration timeout);
  // The same from this client's last fetch: (-1, -1) when unknown; never blocks.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> cached_watermarks(std::int32_t partition);
  [[nodiscard]] std::string cluster_id(Duration timeout);
  // No broker was reachable since this consumer was made, at least for a moment.
  [[nodiscard]] bool cluster_lost() const { return client_->cluster_lost(); }
  [[nodiscard]] std::int32_t partition_count(Duration timeout);
  // The next offset of each partition, as the broker knows it; throws Unavailable.
  [[nodiscard]] std::vector<PartitionOffset> end_offsets(Duration timeout);
  [[nodiscard]] const std::string& topic() const { return topic_; }

 private:
  static void on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error,
                           rd_kafka_topic_partition_list_t* partitions, void* opaque);
  [[nodiscard]] rd_kafka_t* handle() const { return client_->get(); }

  Logger& logger_;
  std::string topic_;
  std::string group_;
  RebalanceListener* listener_;
  std::optional<KafkaClient> client_;
};

}  // namespace orderflow::core
