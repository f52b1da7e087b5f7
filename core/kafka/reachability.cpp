#include "core/kafka/reachability.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>

namespace orderflow::core {
namespace {

struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct DestroyMetadata {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, DestroyMetadata>;

// A partition that a broker leads, by which it is asked.
struct Led {
  std::string topic;
  std::int32_t partition = 0;
  std::string address;  // As it advertises it.
};

Metadata metadata_of(rd_kafka_t* client, const std::string& topic, Duration timeout) {
  const std::unique_ptr<rd_kafka_topic_t, DestroyTopic> handle(
      rd_kafka_topic_new(client, topic.c_str(), nullptr));
  const rd_kafka_metadata_t* found = nullptr;
  (void)rd_kafka_metadata(client, 0, handle.get(), &found, to_ms(timeout));
  return Metadata(found);
}

std::string address_of(const rd_kafka_metadata_t& metadata, std::int32_t broker) {
  const std::span brokers(metadata.brokers, static_cast<std::size_t>(metadata.broker_cnt));
  const auto found = std::find_if(brokers.begin(), brokers.end(),
                                  [&](const auto& one) { return one.id == broker; });
  if (found == brokers.end()) return "an unknown address";
  return std::string(found->host) + ":" + std::to_string(found->port);
}

void note_leaders(const rd_kafka_metadata_t& metadata, std::map<std::int32_t, Led>& leaders) {
  for (const auto& topic :
       std::span(metadata.topics, static_cast<std::size_t>(metadata.topic_cnt))) {
    for (const auto& partition :
         std::span(topic.partitions, static_cast<std::size_t>(topic.partition_cnt))) {
      if (partition.leader < 0) continue;
      leaders.try_emplace(partition.leader,
                          Led{topic.topic, partition.id, address_of(metadata, partition.leader)});
    }
  }
}

bool is_silent(rd_kafka_t* client, const Led& led, Duration timeout) {
  std::int64_t low = 0;
  std::int64_t high = 0;
  switch (rd_kafka_query_watermark_offsets(client, led.topic.c_str(), led.partition, &low, &high,
                                           to_ms(timeout))) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: return true;
    default: return false;
  }
}

}  // namespace

std::string silent_broker(rd_kafka_t* client, const std::vector<std::string>& topics,
                          Duration timeout) {
  std::map<std::int32_t, Led> leaders;
  for (const auto& topic : topics) {
    const auto metadata = metadata_of(client, topic, timeout);
    if (metadata) note_leaders(*metadata, leaders);
  }
  for (const auto& [broker, led] : leaders) {
    if (!is_silent(client, led, timeout)) continue;
    return "Kafka answers, but its broker " + std::to_string(broker) + " does not at " +
           led.address +
           ", the address that it advertises to clients; correct advertised.listeners of that "
           "broker, or let this machine reach that address";
  }
  return {};
}

}  // namespace orderflow::core
