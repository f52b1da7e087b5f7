#include "core/kafka.hpp"

#include <algorithm>

#include "core/failure.hpp"

namespace orderflow::core {
namespace {

struct DestroyList {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyList>;

int to_ms(Duration duration) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

void set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  char error[512];
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) !=
      RD_KAFKA_CONF_OK) {
    throw BadConfiguration("the Kafka client refuses " + name + ": " + error +
                           "; check the ORDERFLOW_KAFKA_ variables");
  }
}

// A broker that is away is reported by readiness and metrics; librdkafka repeats it endlessly.
void write_log(Logger& logger, int level, std::string_view facility, const char* text) {
  const bool serious = level <= 3 && facility != "FAIL" && facility != "ERROR";
  logger.log(serious ? LogLevel::kWarning : LogLevel::kDebug, "kafka client", {},
             {{"facility", facility}, {"detail", text}});
}

// The opaque of a producer is its logger.
void on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  auto* logger = static_cast<Logger*>(rd_kafka_opaque(handle));
  if (logger != nullptr) write_log(*logger, level, facility, text);
}

// Settings every client shares, each with its reason.
rd_kafka_conf_t* base_conf(const KafkaOptions& options) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, on_log);
  set(conf, "bootstrap.servers", options.bootstrap_servers);
  set(conf, "client.id", options.client_id);
  set(conf, "socket.nagle.disable", "true");       // Small messages must not wait for company.
  set(conf, "socket.keepalive.enable", "true");    // A vanished broker must be noticed.
  set(conf, "reconnect.backoff.ms", "50");         // A restarted broker is found again at once ...
  set(conf, "reconnect.backoff.max.ms", "1000");   // ... and not hammered when it stays away.
  set(conf, "allow.auto.create.topics", "false");  // Topics have the partition count we chose.
  set(conf, "topic.metadata.refresh.interval.ms", "2000");  // Topics made again are found soon.
  for (const auto& [name, value] : options.properties) set(conf, name, value);
  return conf;
}

rd_kafka_t* make_handle(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
  char error[512];
  rd_kafka_t* handle = rd_kafka_new(type, conf, error, sizeof error);
  if (handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    throw BadConfiguration(std::string("the Kafka client cannot start: ") + error);
  }
  return handle;
}

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
    : logger_(logger), report_(std::move(report)) {
  rd_kafka_conf_t* conf = base_conf(options);
  set(conf, "enable.idempotence", "true");  // Retries neither repeat nor reorder.
  set(conf, "acks", "all");                 // An acknowledged event survives a broker.
  set(conf, "message.timeout.ms", "0");     // Never give up: the gap would stay.
  set(conf, "linger.ms", "0");              // Batches form by themselves under load.
  set(conf, "queue.buffering.max.messages", "200000");
  set(conf, "queue.buffering.max.kbytes", "131072");
  set(conf, "partitioner", "murmur2");  // Agrees with core/shard.hpp and Java.
  set(conf, "retry.backoff.ms", "50");
  rd_kafka_conf_set_dr_msg_cb(conf, &KafkaProducer::on_report);
  rd_kafka_conf_set_opaque(conf, &logger_);
  handle_ = make_handle(RD_KAFKA_PRODUCER, conf);
}

KafkaProducer::~KafkaProducer() {
  report_ = nullptr;  // Whoever listened may be half gone.
  rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(handle_, 0);
  rd_kafka_destroy(handle_);
}

namespace {

// Travels with each message so that a report finds its way without a global.
struct Pending {
  KafkaProducer::Report* report;
  std::uint64_t tag;
};

}  // namespace

void KafkaProducer::on_report(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message,
                              void* /*self*/) {
  const std::unique_ptr<Pending> pending(static_cast<Pending*>(message->_private));
  if (pending && *pending->report) {
    (*pending->report)(pending->tag, message->err == RD_KAFKA_RESP_ERR_NO_ERROR);
  }
}

bool KafkaProducer::send(const OutgoingMessage& message, std::uint64_t tag) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
  for (const auto& [name, value] : message.headers) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  auto pending = std::make_unique<Pending>(Pending{&report_, tag});
  const auto error = rd_kafka_producev(
      handle_, RD_KAFKA_V_TOPIC(message.topic.c_str()),
      RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(message.body.data()), message.body.size()),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_OPAQUE(pending.get()), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    (void)pending.release();
    return true;
  }
  rd_kafka_headers_destroy(headers);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  throw Unavailable("Kafka does not take a message for " + message.topic + ": " + name_of(error));
}

void KafkaProducer::poll(Duration timeout) { rd_kafka_poll(handle_, to_ms(timeout)); }

bool KafkaProducer::failed() const {
  char text[256];
  return rd_kafka_fatal_error(handle_, text, sizeof text) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::size_t KafkaProducer::queued() const {
  return static_cast<std::size_t>(rd_kafka_outq_len(handle_));
}

bool KafkaProducer::flush(Duration timeout) {
  return rd_kafka_flush(handle_, to_ms(timeout)) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

KafkaConsumer::KafkaConsumer(const KafkaOptions& options, Logger& logger, std::string topic,
                             const std::string& group, RebalanceListener* listener)
    : logger_(logger), topic_(std::move(topic)), listener_(listener) {
  rd_kafka_conf_t* conf = base_conf(options);
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
  set(conf, "queued.min.messages", "10000");
  set(conf, "queued.max.messages.kbytes", "16384");  // Bounds the memory of a slow reader.
  set(conf, "enable.partition.eof", "false");
  rd_kafka_conf_set_opaque(conf, &logger_);
  if (!group.empty()) {
    // The rebalance callback needs the consumer, so that is the opaque here, and logs go through
    // it.
    rd_kafka_conf_set_rebalance_cb(conf, &KafkaConsumer::on_rebalance);
    rd_kafka_conf_set_opaque(conf, this);
    rd_kafka_conf_set_log_cb(
        conf, [](const rd_kafka_t* handle, int level, const char* facility, const char* text) {
          auto* self = static_cast<KafkaConsumer*>(rd_kafka_opaque(handle));
          if (self != nullptr) write_log(self->logger_, level, facility, text);
        });
  }
  handle_ = make_handle(RD_KAFKA_CONSUMER, conf);
  rd_kafka_poll_set_consumer(handle_);
  if (!group.empty()) {
    const PartitionList topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), topic_.c_str(), RD_KAFKA_PARTITION_UA);
    const auto error = rd_kafka_subscribe(handle_, topics.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_destroy(handle_);
      throw Unavailable("cannot subscribe to " + topic_ + ": " + name_of(error));
    }
  }
}

KafkaConsumer::~KafkaConsumer() {
  rd_kafka_consumer_close(handle_);
  rd_kafka_destroy(handle_);
}

void KafkaConsumer::on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error,
                                 rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  auto* self = static_cast<KafkaConsumer*>(opaque);
  if (error != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    self->listener_->on_revoked();
    rd_kafka_assign(handle, nullptr);
    return;
  }
  std::vector<std::int32_t> assigned;
  for (int i = 0; i < partitions->cnt; ++i) assigned.push_back(partitions->elems[i].partition);
  self->listener_->on_assigned(assigned);
  const PartitionList nothing_yet(rd_kafka_topic_partition_list_new(0));
  rd_kafka_assign(handle, nothing_yet.get());
}

Polled KafkaConsumer::poll(Duration timeout) {
  rd_kafka_message_t* raw = rd_kafka_consumer_poll(handle_, to_ms(timeout));
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
    default: logger_.debug("kafka consumer", {{"topic", topic_}, {"detail", name_of(raw->err)}});
  }
  return polled;
}

void KafkaConsumer::assign(std::span<const PartitionOffset> partitions) {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto& [partition, offset] : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = offset;
  }
  rd_kafka_assign(handle_, nullptr);
  const auto error = rd_kafka_assign(handle_, list.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw Unavailable("cannot read " + topic_ + ": " + name_of(error));
  }
}

void KafkaConsumer::unassign() { rd_kafka_assign(handle_, nullptr); }

void KafkaConsumer::pause(std::int32_t partition) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
  rd_kafka_pause_partitions(handle_, list.get());
}

void KafkaConsumer::resume(std::int32_t partition) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
  rd_kafka_resume_partitions(handle_, list.get());
}

std::pair<std::int64_t, std::int64_t> KafkaConsumer::watermarks(std::int32_t partition,
                                                                Duration timeout) {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const auto error = rd_kafka_query_watermark_offsets(handle_, topic_.c_str(), partition, &low,
                                                      &high, to_ms(timeout));
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw Unavailable("Kafka does not tell the offsets of " + topic_ + ": " + name_of(error));
  }
  return {low, high};
}

std::pair<std::int64_t, std::int64_t> KafkaConsumer::cached_watermarks(std::int32_t partition) {
  std::int64_t low = -1;
  std::int64_t high = -1;
  rd_kafka_get_watermark_offsets(handle_, topic_.c_str(), partition, &low, &high);
  return {std::max<std::int64_t>(low, -1), std::max<std::int64_t>(high, -1)};
}

std::string KafkaConsumer::cluster_id(Duration timeout) {
  char* id = rd_kafka_clusterid(handle_, to_ms(timeout));
  std::string text = id == nullptr ? "" : id;
  rd_kafka_mem_free(handle_, id);
  return text;
}

std::int32_t KafkaConsumer::partition_count(Duration timeout) {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(handle_, topic_.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  const auto error = rd_kafka_metadata(handle_, 0, topic, &metadata, to_ms(timeout));
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
