#include "tests/support/kafka_tool.hpp"

#include <librdkafka/rdkafka.h>

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <stdexcept>

namespace orderflow::testing {
namespace {

constexpr int kCallTimeoutMs = 10'000;
constexpr std::int64_t kNotStored = -2;

struct Client {
  Client(rd_kafka_type_t type, const std::string& bootstrap) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    char error[256];
    const auto set = [&](const char* name, const std::string& value) {
      if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) {
        throw std::runtime_error(error);
      }
    };
    set("bootstrap.servers", bootstrap);
    set("log_level", "0");
    if (type == RD_KAFKA_CONSUMER) {
      set("group.id", "orderflow-test-tool");
      set("enable.auto.commit", "false");
      set("auto.offset.reset", "earliest");
      set("fetch.wait.max.ms", "20");
    }
    handle = rd_kafka_new(type, conf, error, sizeof error);
    if (handle == nullptr) throw std::runtime_error(error);
    if (type == RD_KAFKA_CONSUMER) rd_kafka_poll_set_consumer(handle);
  }
  ~Client() { rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* handle = nullptr;
};

int partition_count(rd_kafka_t* handle, const std::string& topic) {
  // All topics are asked for: naming a missing one would make the embedded broker create it.
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(handle, 1, nullptr, &metadata, kCallTimeoutMs) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return -1;
  }
  int count = -1;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    if (metadata->topics[i].topic == topic) count = metadata->topics[i].partition_cnt;
  }
  rd_kafka_metadata_destroy(metadata);
  return count;
}

std::string text_of(const void* data, std::size_t size) {
  return data == nullptr ? std::string{} : std::string(static_cast<const char*>(data), size);
}

RawMessage to_raw(const rd_kafka_message_t* message) {
  RawMessage out;
  out.partition = message->partition;
  out.offset = message->offset;
  out.key = text_of(message->key, message->key_len);
  out.body = text_of(message->payload, message->len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      out.headers[name] = text_of(value, size);
    }
  }
  return out;
}

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* offset) {
  auto& last = *static_cast<std::int64_t*>(offset);
  if (last != kNotStored) last = message->err != 0 ? kNotStored : message->offset;
}

// One client for all of them; `offset` becomes the last one's. False: not all are stored.
bool send_all(const std::string& bootstrap, const std::string& topic, std::int32_t partition,
              const std::vector<RawMessage>& messages, std::int64_t& offset) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[256];
  rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap.c_str(), error, sizeof error);
  rd_kafka_conf_set(conf, "acks", "all", error, sizeof error);
  rd_kafka_conf_set(conf, "linger.ms", "0", error, sizeof error);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  // The delivery callback's opaque is the configuration's.
  rd_kafka_conf_set_opaque(conf, &offset);
  rd_kafka_t* handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  bool taken = true;
  for (const RawMessage& message : messages) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
    for (const auto& [name, value] : message.headers) {
      rd_kafka_header_add(headers, name.c_str(), -1, value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    const auto code = rd_kafka_producev(
        handle, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
        RD_KAFKA_V_VALUE(const_cast<char*>(message.body.data()), message.body.size()),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_TIMESTAMP(message.timestamp_ms), RD_KAFKA_V_END);
    taken = taken && code == 0;
  }
  const bool all_out = rd_kafka_flush(handle, kCallTimeoutMs) == RD_KAFKA_RESP_ERR_NO_ERROR;
  rd_kafka_destroy(handle);
  return taken && all_out && offset >= 0;
}

}  // namespace

bool KafkaTool::answers(Millis deadline) const {
  const Client client(RD_KAFKA_PRODUCER, bootstrap_);
  const rd_kafka_metadata_t* metadata = nullptr;
  if (rd_kafka_metadata(client.handle, 1, nullptr, &metadata, static_cast<int>(deadline.count())) !=
      RD_KAFKA_RESP_ERR_NO_ERROR) {
    return false;
  }
  rd_kafka_metadata_destroy(metadata);
  return true;
}

int KafkaTool::partitions(const std::string& topic) const {
  const Client client(RD_KAFKA_PRODUCER, bootstrap_);
  return partition_count(client.handle, prefix_ + topic);
}

std::int64_t KafkaTool::produce(const std::string& topic, std::int32_t partition,
                                const RawMessage& message) const {
  std::int64_t offset = -1;
  if (!send_all(bootstrap_, prefix_ + topic, partition, {message}, offset)) {
    FAIL("cannot produce to " << topic);
  }
  return offset;
}

bool KafkaTool::offer(const std::string& topic, std::int32_t partition,
                      const RawMessage& message) const {
  std::int64_t offset = -1;
  return send_all(bootstrap_, prefix_ + topic, partition, {message}, offset);
}

void KafkaTool::produce_all(const std::string& topic, std::int32_t partition,
                            const std::vector<RawMessage>& messages) const {
  std::int64_t last_offset = -1;
  if (messages.empty()) return;
  if (!send_all(bootstrap_, prefix_ + topic, partition, messages, last_offset)) {
    FAIL("cannot produce to " << topic);
  }
}

std::vector<std::pair<std::int64_t, std::int64_t>> KafkaTool::watermarks(
    const std::string& topic) const {
  const Client client(RD_KAFKA_CONSUMER, bootstrap_);
  const auto name = prefix_ + topic;
  const int count = partition_count(client.handle, name);
  if (count < 0) FAIL("there is no topic " << name);
  std::vector<std::pair<std::int64_t, std::int64_t>> out;
  for (int p = 0; p < count; ++p) {
    std::int64_t low = -1;
    std::int64_t high = -1;
    if (rd_kafka_query_watermark_offsets(client.handle, name.c_str(), p, &low, &high,
                                         kCallTimeoutMs) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      FAIL("no watermarks of " << name << " " << p);
    }
    out.emplace_back(low, high);
  }
  return out;
}

std::int64_t KafkaTool::count(const std::string& topic) const {
  std::int64_t sum = 0;
  for (const auto& [low, high] : watermarks(topic)) sum += high;
  return sum;
}

std::vector<RawMessage> KafkaTool::read(const std::string& topic) const {
  const auto marks = watermarks(topic);
  const Client client(RD_KAFKA_CONSUMER, bootstrap_);
  const auto name = prefix_ + topic;
  auto* list = rd_kafka_topic_partition_list_new(static_cast<int>(marks.size()));
  std::int64_t missing = 0;
  for (std::size_t p = 0; p < marks.size(); ++p) {
    rd_kafka_topic_partition_list_add(list, name.c_str(), static_cast<int>(p))->offset =
        marks[p].first;
    missing += marks[p].second - marks[p].first;
  }
  rd_kafka_assign(client.handle, list);
  rd_kafka_topic_partition_list_destroy(list);
  std::vector<RawMessage> out;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (missing > 0 && std::chrono::steady_clock::now() < end) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(client.handle, 100);
    if (message == nullptr) continue;
    const auto partition = static_cast<std::size_t>(message->partition);
    if (message->err == 0 && message->offset < marks[partition].second) {
      out.push_back(to_raw(message));
      --missing;
    }
    rd_kafka_message_destroy(message);
  }
  if (missing > 0) FAIL(missing << " messages of " << name << " could not be read");
  return out;
}

void KafkaTool::delete_records(const std::string& topic) const {
  const auto marks = watermarks(topic);
  const Client client(RD_KAFKA_PRODUCER, bootstrap_);
  const auto name = prefix_ + topic;
  auto* list = rd_kafka_topic_partition_list_new(static_cast<int>(marks.size()));
  for (std::size_t p = 0; p < marks.size(); ++p) {
    rd_kafka_topic_partition_list_add(list, name.c_str(), static_cast<int>(p))->offset =
        marks[p].second;
  }
  rd_kafka_DeleteRecords_t* request = rd_kafka_DeleteRecords_new(list);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client.handle);
  rd_kafka_DeleteRecords(client.handle, &request, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kCallTimeoutMs);
  const bool done = event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR;
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_DeleteRecords_destroy(request);
  if (!done) FAIL("Kafka did not delete the records of " << name);
}

void KafkaTool::configure_topic(const std::string& topic, const std::string& name,
                                const std::string& value) const {
  const Client client(RD_KAFKA_PRODUCER, bootstrap_);
  rd_kafka_ConfigResource_t* config =
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, (prefix_ + topic).c_str());
  rd_kafka_ConfigResource_set_config(config, name.c_str(), value.c_str());
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client.handle);
  rd_kafka_AlterConfigs(client.handle, &config, 1, nullptr, queue);
  rd_kafka_ConfigResource_destroy(config);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, kCallTimeoutMs);
  std::string why = "no answer";
  if (event != nullptr) {
    why = rd_kafka_event_error(event) == 0 ? "" : rd_kafka_event_error_string(event);
    std::size_t count = 0;
    const auto* resources =
        rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count);
    for (std::size_t i = 0; why.empty() && i < count; ++i) {
      if (rd_kafka_ConfigResource_error(resources[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        why = rd_kafka_ConfigResource_error_string(resources[i]);
      }
    }
    rd_kafka_event_destroy(event);
  }
  rd_kafka_queue_destroy(queue);
  if (!why.empty()) FAIL("cannot set " << name << " of " << prefix_ + topic << ": " << why);
}

}  // namespace orderflow::testing
