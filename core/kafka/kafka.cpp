#include "core/kafka/kafka.hpp"

#include <algorithm>

#include "core/kafka/client.hpp"
#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

struct DestroyList {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyList>;

std::string name_of(rd_kafka_resp_err_t error) { return rd_kafka_err2str(error); }

}  // namespace

KafkaOptions kafka_options(const Config& config, std::string client_id) {
  return {config.text("bootstrap-servers"), std::move(client_id), config.kafka_properties(),
          config.duration("fetch-wait")};
}

std::string_view KafkaMessage::key() const {
  return {static_cast<const char*>(message_->key), message_->key_len};
}

std::string_view KafkaMessage::body() const {
  return {static_cast<const char*>(message_->payload), message_->len};
}

std::string_view KafkaMessage::header(const char* name) const {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(message_.get(), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return {};
  }
  return {static_cast<const char*>(value), size};
}

KafkaHeaders KafkaMessage::headers() const {
  KafkaHeaders all;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message_.get(), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return all;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    all.emplace_back(name, std::string(static_cast<const char*>(value), size));
  }
  return all;
}

std::int64_t KafkaMessage::timestamp_ms() const {
  rd_kafka_timestamp_type_t type{};
  const auto timestamp = rd_kafka_message_timestamp(message_.get(), &type);
  return timestamp < 0 ? 0 : timestamp;
}

KafkaProducer::KafkaProducer(const KafkaOptions& options, Logger& logger, Report report)
    : report_(std::move(report)) {
  rd_kafka_conf_t* conf = KafkaClient::base_conf(options);
  const auto set = KafkaClient::set;
  set(conf, "enable.idempotence", "true");  // Retries neither repeat nor reorder.
  set(conf, "acks", "all");                 // An acknowledged event survives a broker.
  set(conf, "message.timeout.ms", "0");     // Never give up: the gap would stay.
  // Bounds of memory, and a matter of taste: no promise rests on them, so a person may choose
  // others.
  for (const auto& [name, value] :
       {std::pair{"queue.buffering.max.messages", "200000"},
        std::pair{"queue.buffering.max.kbytes", "131072"}, std::pair{"linger.ms", "0"}}) {
    if (!options.properties.contains(name)) set(conf, name, value);
  }
  set(conf, "partitioner",
      "murmur2");  // Agrees with core/values/shard.hpp and Java: for kAnyPartition.
  set(conf, "retry.backoff.ms", "50");
  rd_kafka_conf_set_dr_msg_cb(conf, &KafkaProducer::on_report);
  client_.emplace(RD_KAFKA_PRODUCER, conf, logger, this);
}

KafkaProducer::~KafkaProducer() {
  report_ = nullptr;  // Whoever listened may be half gone.
  rd_kafka_purge(handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(handle(), 0);
}

// The tag travels in the place of a pointer, which every message has.
static_assert(sizeof(void*) == sizeof(std::uint64_t));

void KafkaProducer::on_report(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message,
                              void* opaque) {
  const auto& report = KafkaClient::owner<KafkaProducer>(opaque).report_;
  if (!report) return;
  report(reinterpret_cast<std::uintptr_t>(message->_private),
         message->err == RD_KAFKA_RESP_ERR_NO_ERROR);
}

bool KafkaProducer::send(const OutgoingMessage& message, std::uint64_t tag) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
  for (const auto& [name, value] : message.headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  const auto error = rd_kafka_producev(
      handle(), RD_KAFKA_V_TOPIC(message.topic.c_str()), RD_KAFKA_V_PARTITION(message.partition),
      RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(message.body.data()), message.body.size()),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(static_cast<std::uintptr_t>(tag))), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  rd_kafka_headers_destroy(headers);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  throw Unavailable("Kafka does not take a message for " + message.topic + ": " + name_of(error));
}

void KafkaProducer::poll(Duration timeout) { rd_kafka_poll(handle(), to_ms(timeout)); }

bool KafkaProducer::failed() const {
  char text[256];
  return rd_kafka_fatal_error(handle(), text, sizeof text) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::size_t KafkaProducer::queued() const {
  return static_cast<std::size_t>(rd_kafka_outq_len(handle()));
}

bool KafkaProducer::flush(Duration timeout) {
  return rd_kafka_flush(handle(), to_ms(timeout)) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

KafkaConsumer::KafkaConsumer(const KafkaOptions& options, Logger& logger, std::string topic,
                             const std::string& group, RebalanceListener* listener)
    : logger_(logger), topic_(std::move(topic)), listener_(listener) {
  rd_kafka_conf_t* conf = KafkaClient::base_conf(options);
  const auto set = KafkaClient::set;
  set(conf, "group.id", group.empty() ? "orderflow-unused" : group);
  set(conf, "partition.assignment.strategy", "range");  // Eager: a grant covers all it names.
  set(conf, "enable.auto.commit", "false");             // Offsets live beside the results.
  set(conf, "enable.auto.offset.store", "false");
  set(conf, "auto.offset.reset", "error");  // A forgotten offset must be noticed.
  // The embedded broker's groups do not form with less, a real one refuses less.
  set(conf, "session.timeout.ms", "6000");
  set(conf, "heartbeat.interval.ms", "1500");
  set(conf, "max.poll.interval.ms", "60000");
  set(conf, "fetch.wait.max.ms", std::to_string(to_ms(options.fetch_wait)));
  set(conf, "fetch.error.backoff.ms", "50");
  // With this much in hand librdkafka 2.0 stops asking, and looks again only after a second,
  // however little is left by then (its issue 2879): so it must be more than an owner handles in a
  // second.
  set(conf, "queued.min.messages", "100000");
  set(conf, "queued.max.messages.kbytes", "32768");  // Bounds the memory of a slow reader.
  set(conf, "enable.partition.eof", "false");
  if (!group.empty()) rd_kafka_conf_set_rebalance_cb(conf, &KafkaConsumer::on_rebalance);
  client_.emplace(RD_KAFKA_CONSUMER, conf, logger, this);
  rd_kafka_poll_set_consumer(handle());
  if (!group.empty()) {
    const PartitionList topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
    const auto error = rd_kafka_subscribe(handle(), topics.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw Unavailable("cannot subscribe to " + topic_ + ": " + name_of(error));
    }
  }
}

// What close() reports is of no use any more: whoever owns partitions next is granted them anew.
KafkaConsumer::~KafkaConsumer() { (void)rd_kafka_consumer_close(handle()); }

void KafkaConsumer::on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error,
                                 rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* listener = KafkaClient::owner<KafkaConsumer>(opaque).listener_;
  if (error != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    listener->on_revoked();
    rd_kafka_assign(handle, nullptr);
    return;
  }
  std::vector<std::int32_t> assigned;
  for (int i = 0; i < partitions->cnt; ++i) assigned.push_back(partitions->elems[i].partition);
  listener->on_assigned(assigned);
  const PartitionList nothing_yet(rd_kafka_topic_partition_list_new(0));
  rd_kafka_assign(handle, nothing_yet.get());
}

Polled KafkaConsumer::poll(Duration timeout) {
  rd_kafka_message_t* raw = rd_kafka_consumer_poll(handle(), to_ms(timeout));
  Polled polled;
  if (raw == nullptr) return polled;
  KafkaMessage message(raw);
  switch (raw->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      polled.outcome = PollOutcome::kMessage;
      polled.message = std::move(message);
      break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      polled.outcome = PollOutcome::kOffsetLost;
      polled.partition = raw->partition;
      break;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: polled.outcome = PollOutcome::kTopicGone; break;
    default: logger_.debug("kafka consumer", {{"topic", topic_}, {"detail", name_of(raw->err)}});
  }
  return polled;
}

void KafkaConsumer::assign(std::span<const PartitionOffset> partitions) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto& [partition, offset] : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = offset;
  }
  rd_kafka_assign(handle(), nullptr);
  const auto error = rd_kafka_assign(handle(), list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw Unavailable("cannot read " + topic_ + ": " + name_of(error));
  }
}

void KafkaConsumer::unassign() { rd_kafka_assign(handle(), nullptr); }

void KafkaConsumer::pause(std::int32_t partition) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
  rd_kafka_pause_partitions(handle(), list.get());
}

void KafkaConsumer::resume(std::int32_t partition) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
  rd_kafka_resume_partitions(handle(), list.get());
}

std::pair<std::int64_t, std::int64_t> KafkaConsumer::watermarks(std::int32_t partition,
                                                                Duration timeout) {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const auto error = rd_kafka_query_watermark_offsets(handle(), topic_.c_str(), partition, &low,
                                                      &high, to_ms(timeout));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw Unavailable("Kafka does not tell the offsets of " + topic_ + ": " + name_of(error));
  }
  return {low, high};
}

std::pair<std::int64_t, std::int64_t> KafkaConsumer::cached_watermarks(std::int32_t partition) {
  std::int64_t low = -1;
  std::int64_t high = -1;
  rd_kafka_get_watermark_offsets(handle(), topic_.c_str(), partition, &low, &high);
  return {std::max<std::int64_t>(low, -1), std::max<std::int64_t>(high, -1)};
}

std::string KafkaConsumer::cluster_id(Duration timeout) {
  char* id = rd_kafka_clusterid(handle(), to_ms(timeout));
  std::string text = id == nullptr ? "" : id;
  rd_kafka_mem_free(handle(), id);
  return text;
}

std::int32_t KafkaConsumer::partition_count(Duration timeout) {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(handle(), topic_.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(handle(), 0, topic, &metadata, to_ms(timeout));
  std::int32_t count = 0;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1) {
    count = metadata->topics[0].partition_cnt;
  }
  if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
  rd_kafka_topic_destroy(topic);
  if (count == 0) throw Unavailable("Kafka does not know the topic " + topic_);
  return count;
}

}  // namespace orderflow::core
