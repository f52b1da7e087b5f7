#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/kafka/options.hpp"
#include "core/kafka/producer.hpp"
#include "core/kafka/refusal.hpp"
#include "core/kafka/topic_settings.hpp"
#include "core/kafka/topic_spec.hpp"
#include "core/observe/log.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

// A client for metadata and administration. Every call blocks for its time-out at most. One thread.
class AdminClient {
 public:
  AdminClient(const KafkaOptions& options, Logger& logger)
      : producer_(options, logger, nullptr), handle_(producer_.handle()) {}

  struct FoundTopic {
    std::int32_t partitions = 0;
    std::int32_t replicas = 0;  // Of the partition with the fewest.
  };
  using FoundTopics = std::map<std::string, FoundTopic>;
  // By name; nothing when the cluster does not answer.
  [[nodiscard]] std::optional<FoundTopics> topics(Duration timeout);

  // Whether it worked, metadata tells; returned is why it never will. Throws Unavailable when
  // nobody answers.
  [[nodiscard]] std::optional<Refusal> create(const TopicSpec& spec, Duration timeout);

  // Empty when it worked, else what the broker says.
  [[nodiscard]] std::string grow(const std::string& topic, std::int32_t partitions,
                                 Duration timeout);

  // By name, as far as the cluster tells; without replicas. Nothing when it does not answer.
  [[nodiscard]] std::optional<std::map<std::string, TopicSettings>> settings(
      const std::vector<std::string>& topics, Duration timeout);

  // Why this client may not look at a topic; nothing when it may, or there is none.
  [[nodiscard]] std::optional<Refusal> refusal(const std::string& topic, Duration timeout);

  // See KafkaClient.
  [[nodiscard]] std::string security_problem();

  [[nodiscard]] rd_kafka_t* handle() const { return handle_; }

 private:
  KafkaProducer producer_;
  rd_kafka_t* handle_;
};

}  // namespace orderflow::core
