#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/kafka/client.hpp"
#include "core/kafka/headers.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/settings/config.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

// How to reach the cluster, the same for every client of a process.
struct KafkaOptions {
  std::string bootstrap_servers;
  std::string client_id;
  std::map<std::string, std::string> properties;  // ORDERFLOW_KAFKA_*: security, SASL, TLS
  // How long the broker may hold a fetch that finds nothing. Kafka answers as soon as something
  // comes; the embedded broker holds it to the end, so there this is the latency of each hop.
  Duration fetch_wait = std::chrono::milliseconds{250};
};

[[nodiscard]] KafkaOptions kafka_options(const Config& config, std::string client_id);

using KafkaHeaders = std::vector<std::pair<std::string, std::string>>;

// The partitioner chooses: murmur2 of the key over as many partitions as the topic has.
inline constexpr std::int32_t kAnyPartition = RD_KAFKA_PARTITION_UA;

struct OutgoingMessage {
  std::string topic;
  std::string key;
  std::string body;
  OutgoingHeaders headers;
  std::int32_t partition = kAnyPartition;
};

// A message as librdkafka holds it. Move-only; views stay valid as long as it lives.
class KafkaMessage {
 public:
  explicit KafkaMessage(rd_kafka_message_t* message) : message_(message) {}

  [[nodiscard]] std::int32_t partition() const { return message_->partition; }
  [[nodiscard]] std::int64_t offset() const { return message_->offset; }
  [[nodiscard]] std::string_view key() const;
  [[nodiscard]] std::string_view body() const;
  // The last header of that name; empty when there is none.
  [[nodiscard]] std::string_view header(const char* name) const;
  [[nodiscard]] KafkaHeaders headers() const;
  // When the producer made it, in this cluster's clock; zero when unknown.
  [[nodiscard]] std::int64_t timestamp_ms() const;

 private:
  struct Destroy {
    void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  };
  std::unique_ptr<rd_kafka_message_t, Destroy> message_;
};

// Sends messages in the order they are handed over, idempotently, acknowledged by all replicas, and
// keeps trying for ever. One thread at a time; reports arrive inside poll().
class KafkaProducer {
 public:
  // `tag` is what send() was given; false: the message was not (or not surely) stored.
  using Report = std::function<void(std::uint64_t tag, bool stored)>;

  KafkaProducer(const KafkaOptions& options, Logger& logger, Report report);
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  // False when the local queue is full: poll() and try again, keeping the order.
  // Throws Unavailable on any other refusal; the producer must then be replaced.
  [[nodiscard]] bool send(const OutgoingMessage& message, std::uint64_t tag);

  // Runs the reports that are due; waits at most `timeout` for the first.
  void poll(Duration timeout);

  // True after a fatal error: nothing will be sent any more, make a new one.
  [[nodiscard]] bool failed() const;
  // No broker was reachable since this producer was made, at least for a moment.
  [[nodiscard]] bool cluster_lost() const { return client_->cluster_lost(); }
  [[nodiscard]] std::size_t queued() const;

  // Waits until all is acknowledged, at most `timeout`. True when nothing is left.
  bool flush(Duration timeout);

  // For administration calls on the same connections.
  [[nodiscard]] rd_kafka_t* handle() const { return client_->get(); }

 private:
  static void on_report(rd_kafka_t* handle, const rd_kafka_message_t* message, void* opaque);

  Report report_;
  std::optional<KafkaClient> client_;
};

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
  std::int32_t partition = -1;  // Whose offset was lost.
};

// Reads one topic, either as a member of a group (eager range assignor, offsets kept elsewhere) or,
// without a group, whatever assign() names. One thread at a time.
class KafkaConsumer {
 public:
  KafkaConsumer(const KafkaOptions& options, Logger& logger, std::string topic,
                const std::string& group, RebalanceListener* listener);
  ~KafkaConsumer();
  KafkaConsumer(const KafkaConsumer&) = delete;
  KafkaConsumer& operator=(const KafkaConsumer&) = delete;

  [[nodiscard]] Polled poll(Duration timeout);

  // Replaces the whole assignment. Offsets travel with it since a seek right after an assign is
  // lost (librdkafka #3959), as is one after an offset error (#2961).
  void assign(std::span<const PartitionOffset> partitions);
  void unassign();

  // Stops fetching a partition for now, or goes on; messages already fetched are dropped by pause.
  void pause(std::int32_t partition);
  void resume(std::int32_t partition);

  // First and next offsets of the log as the broker knows them; throws Unavailable.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> watermarks(std::int32_t partition,
                                                                 Duration timeout);
  // The same from this client's last fetch: (-1, -1) when unknown; never blocks.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> cached_watermarks(std::int32_t partition);
  [[nodiscard]] std::string cluster_id(Duration timeout);
  // No broker was reachable since this consumer was made, at least for a moment.
  [[nodiscard]] bool cluster_lost() const { return client_->cluster_lost(); }
  [[nodiscard]] std::int32_t partition_count(Duration timeout);
  [[nodiscard]] const std::string& topic() const { return topic_; }

 private:
  static void on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error,
                           rd_kafka_topic_partition_list_t* partitions, void* opaque);
  [[nodiscard]] rd_kafka_t* handle() const { return client_->get(); }

  Logger& logger_;
  std::string topic_;
  RebalanceListener* listener_;
  std::optional<KafkaClient> client_;
};

struct TopicSpec {
  std::string name;
  std::int32_t partitions = 8;
  std::int32_t replication_factor = 1;
  bool owned = false;  // Owners serve `partitions` of it: when it has fewer, it gets the others.
};

// Keeps the topics there: creates them once the cluster answers, and again when a cluster that lost
// its data comes back without them. Reports the component "topics". Has a thread of its own until
// destruction, which asks `topics` for what is wanted each time; while that throws it waits.
class TopicKeeper {
 public:
  using Topics = std::function<std::vector<TopicSpec>()>;

  TopicKeeper(KafkaOptions options, Health& health, Logger& logger, Topics topics);
  ~TopicKeeper();
  TopicKeeper(const TopicKeeper&) = delete;
  TopicKeeper& operator=(const TopicKeeper&) = delete;

 private:
  void keep(const std::stop_token& stop);

  KafkaOptions options_;
  Health& health_;
  Logger& logger_;
  Topics topics_;
  std::jthread thread_;
};

// Makes sure that a topic has at least so many partitions. Throws BadConfiguration when there is no
// such topic or the broker cannot add any (the embedded one), Unavailable when it does not answer.
void ensure_partitions(const KafkaOptions& options, Logger& logger, const std::string& topic,
                       std::int32_t partitions);

// True when the cluster answers a metadata request within `timeout`.
[[nodiscard]] bool kafka_answers(const KafkaOptions& options, Logger& logger, Duration timeout);

}  // namespace orderflow::core
