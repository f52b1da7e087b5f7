#include "core/kafka/producer.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

// As librdkafka and Kafka understand them.
constexpr std::int64_t kNow = 0;
constexpr std::int64_t kNoTimestamp = -1;

}  // namespace

std::optional<Refusal> SendReport::refusal() const {
  return stored() ? std::nullopt : refusal_of(message_->err, topic(), message_->partition);
}

bool SendReport::topic_gone() const {
  return message_->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         message_->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         message_->err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

std::string SendReport::key() const {
  if (message_->key == nullptr) return {};
  return {static_cast<const char*>(message_->key), message_->key_len};
}

KafkaProducer::KafkaProducer(const KafkaOptions& options, Logger& logger, Report report,
                             RefusalMode mode)
    : report_(std::move(report)) {
  // Bounds of memory, and a matter of taste: no promise rests on them, so a person may choose
  // others.
  rd_kafka_conf_t* conf =
      KafkaClient::base_conf(options, {{"queue.buffering.max.messages", "200000"},
                                       {"queue.buffering.max.kbytes", "131072"},
                                       {"linger.ms", "0"}});
  const auto set = KafkaClient::set;
  set(conf, "enable.idempotence", "true");  // Retries neither repeat nor reorder.
  set(conf, "acks", "all");                 // An acknowledged event survives a broker.
  set(conf, "message.timeout.ms", "0");     // Never give up: the gap would stay.
  set(conf, "partitioner",
      "murmur2");  // Agrees with core/values/shard.hpp and Java: for kAnyPartition.
  set(conf, "retry.backoff.ms", "50");
  if (mode == RefusalMode::kStop) {
    set(conf, "enable.gapless.guarantee", "true");
  } else {
    set(conf, "batch.num.messages", "1");
  }
  rd_kafka_conf_set_dr_msg_cb(conf, &KafkaProducer::on_report);
  client_.emplace(RD_KAFKA_PRODUCER, conf, logger, this);
}

KafkaProducer::~KafkaProducer() {
  report_ = nullptr;  // Whoever listened may be half gone.
  client_->mute();    // What is purged below is not worth a line.
  rd_kafka_purge(handle(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(handle(), 0);
}

// The tag travels in the place of a pointer, which every message has.
static_assert(sizeof(void*) == sizeof(std::uint64_t));

void KafkaProducer::on_report(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message,
                              void* opaque) {
  const auto& report = KafkaClient::owner<KafkaProducer>(opaque).report_;
  if (report) report({reinterpret_cast<std::uintptr_t>(message->_private), message});
}

Sent KafkaProducer::send(const OutgoingMessage& message, std::uint64_t tag, Timestamp timestamp) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size() + 1);
  const auto add = [headers](std::string_view name, std::string_view value) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  };
  for (const auto& [name, value] : message.headers) add(name, value);
  if (!stamp_name_.empty()) add(stamp_name_, stamp_value_);
  const std::int64_t made_at = timestamp == Timestamp::kNow ? kNow : kNoTimestamp;
  const auto error = rd_kafka_producev(
      handle(), RD_KAFKA_V_TOPIC(message.topic.c_str()), RD_KAFKA_V_PARTITION(message.partition),
      RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(message.body.data()), message.body.size()),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_TIMESTAMP(made_at),
      RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(static_cast<std::uintptr_t>(tag))), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Sent::kYes;
  rd_kafka_headers_destroy(headers);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Sent::kQueueFull;
  if (auto refusal = refusal_of(error, message.topic, message.partition)) {
    refusal_ = std::move(*refusal);
    return Sent::kRefused;
  }
  throw Unavailable("Kafka does not take a message for " + message.topic + ": " +
                    rd_kafka_err2str(error));
}

void KafkaProducer::poll(Duration timeout) { rd_kafka_poll(handle(), to_ms(timeout)); }

bool KafkaProducer::failed() const {
  char text[256];
  return rd_kafka_fatal_error(handle(), text, sizeof text) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::optional<Refusal> KafkaProducer::failure() const {
  char text[256];
  return refusal_of(rd_kafka_fatal_error(handle(), text, sizeof text), "");
}

bool KafkaProducer::stopped_by_refusal() const {
  char text[256];
  return rd_kafka_fatal_error(handle(), text, sizeof text) == RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE;
}

bool KafkaProducer::flush(Duration timeout) {
  return rd_kafka_flush(handle(), to_ms(timeout)) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace orderflow::core
