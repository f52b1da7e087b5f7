#include "core/kafka/admin_client.hpp"

#include <algorithm>
#include <memory>
#include <span>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

struct DestroyQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, DestroyQueue>;
struct DestroyEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, DestroyEvent>;

rd_kafka_resp_err_t creation_error(rd_kafka_event_t* event) {
  std::size_t count = 0;
  const auto* result = rd_kafka_event_CreateTopics_result(event);
  const auto** topics =
      result == nullptr ? nullptr : rd_kafka_CreateTopics_result_topics(result, &count);
  return count == 0 ? rd_kafka_event_error(event) : rd_kafka_topic_result_error(topics[0]);
}

std::string growth_problem(rd_kafka_event_t* event) {
  if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return rd_kafka_event_error_string(event);
  }
  const auto* result = rd_kafka_event_CreatePartitions_result(event);
  std::size_t count = 0;
  const auto** topics = rd_kafka_CreatePartitions_result_topics(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = rd_kafka_topic_result_error(topics[i]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return rd_kafka_err2str(code);
  }
  return {};
}

std::map<std::string, TopicSettings> described(rd_kafka_event_t* event) {
  std::map<std::string, TopicSettings> found;
  const auto* result = rd_kafka_event_DescribeConfigs_result(event);
  if (result == nullptr) return found;
  std::size_t count = 0;
  const auto** resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
  for (const auto* resource : std::span(resources, count)) {
    if (rd_kafka_ConfigResource_error(resource) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    auto& values = found[rd_kafka_ConfigResource_name(resource)].values;
    std::size_t entries = 0;
    const auto** configs = rd_kafka_ConfigResource_configs(resource, &entries);
    for (const auto* entry : std::span(configs, entries)) {
      const char* value = rd_kafka_ConfigEntry_value(entry);
      if (value != nullptr) values[rd_kafka_ConfigEntry_name(entry)] = value;
    }
  }
  return found;
}

}  // namespace

std::optional<AdminClient::FoundTopics> AdminClient::topics(Duration timeout) {
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(handle_, 1, nullptr, &metadata, to_ms(timeout)) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  FoundTopics found;
  for (const auto& topic :
       std::span(metadata->topics, static_cast<std::size_t>(metadata->topic_cnt))) {
    FoundTopic one{topic.partition_cnt, 0};
    for (int p = 0; p < topic.partition_cnt; ++p) {
      const std::int32_t replicas = topic.partitions[p].replica_cnt;
      one.replicas = p == 0 ? replicas : std::min(one.replicas, replicas);
    }
    found[topic.topic] = one;
  }
  rd_kafka_metadata_destroy(metadata);
  return found;
}

std::optional<Refusal> AdminClient::create(const TopicSpec& spec, Duration timeout) {
  char error[256];
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions,
                                                     spec.replication_factor, error, sizeof error);
  if (topic == nullptr) throw BadConfiguration("topic " + spec.name + ": " + error);
  // The broker's clock stamps messages: ours may be wrong, or too late for what the topic allows.
  rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
  const Queue queue(rd_kafka_queue_new(handle_));
  rd_kafka_CreateTopics(handle_, &topic, 1, nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), to_ms(timeout)));
  rd_kafka_NewTopic_destroy(topic);
  const auto problem = event ? creation_error(event.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (problem == RD_KAFKA_RESP_ERR__TIMED_OUT || problem == RD_KAFKA_RESP_ERR__TRANSPORT) {
    throw Unavailable("topic " + spec.name +
                      " cannot be created: the controller of Kafka does not answer; it is found at "
                      "the address that it advertises (advertised.listeners)");
  }
  return refusal_of(problem, spec.name);
}

std::string AdminClient::grow(const std::string& topic, std::int32_t partitions, Duration timeout) {
  char error[256];
  rd_kafka_NewPartitions_t* wanted = rd_kafka_NewPartitions_new(
      topic.c_str(), static_cast<std::size_t>(partitions), error, sizeof error);
  if (wanted == nullptr) return error;
  const Queue queue(rd_kafka_queue_new(handle_));
  rd_kafka_CreatePartitions(handle_, &wanted, 1, nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), to_ms(timeout)));
  rd_kafka_NewPartitions_destroy(wanted);
  return event ? growth_problem(event.get()) : "no answer";
}

std::optional<std::map<std::string, TopicSettings>> AdminClient::settings(
    const std::vector<std::string>& topics, Duration timeout) {
  if (topics.empty()) return std::map<std::string, TopicSettings>{};
  std::vector<rd_kafka_ConfigResource_t*> wanted;
  for (const auto& topic : topics) {
    wanted.push_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
  }
  const Queue queue(rd_kafka_queue_new(handle_));
  rd_kafka_DescribeConfigs(handle_, wanted.data(), wanted.size(), nullptr, queue.get());
  const Event event(rd_kafka_queue_poll(queue.get(), to_ms(timeout)));
  rd_kafka_ConfigResource_destroy_array(wanted.data(), wanted.size());
  if (!event) return std::nullopt;
  return described(event.get());
}

std::optional<Refusal> AdminClient::refusal(const std::string& topic, Duration timeout) {
  rd_kafka_topic_t* handle = rd_kafka_topic_new(handle_, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(handle_, 0, handle, &metadata, to_ms(timeout));
  std::optional<Refusal> refusal;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1) {
    refusal = refusal_of(metadata->topics[0].err, topic);
  }
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(handle);
  return refusal;
}

std::string AdminClient::security_problem() {
  producer_.poll(Duration{0});
  return producer_.security_problem();
}

}  // namespace orderflow::core
