#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/kafka/client.hpp"
#include "core/kafka/message.hpp"
#include "core/kafka/options.hpp"
#include "core/kafka/refusal.hpp"
#include "core/observe/log.hpp"
#include "core/values/message.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

// What became of a message that was sent. A view, valid while it is reported.
class SendReport {
 public:
  SendReport(std::uint64_t tag, const rd_kafka_message_t* message) : tag_(tag), message_(message) {}

  [[nodiscard]] std::uint64_t tag() const { return tag_; }  // What send() was given.
  // False: the message was not, or not surely, stored.
  [[nodiscard]] bool stored() const { return message_->err == RD_KAFKA_RESP_ERR_NO_ERROR; }
  // Of a message that was not stored and never will be.
  [[nodiscard]] std::optional<Refusal> refusal() const;
  // It was not stored since there is no such topic or partition.
  [[nodiscard]] bool topic_gone() const;
  [[nodiscard]] std::string topic() const { return rd_kafka_topic_name(message_->rkt); }
  [[nodiscard]] std::string key() const;
  // The last header of that name; empty when there is none.
  [[nodiscard]] std::string_view header(const char* name) const {
    return header_of(message_, name);
  }

 private:
  std::uint64_t tag_;
  const rd_kafka_message_t* message_;
};

// How a producer deals with a message that Kafka refuses for good.
enum class RefusalMode {
  // Messages travel in batches, of which Kafka refuses all or none. The producer fails, so that
  // nothing that was sent later is stored before what was refused.
  kStop,
  // Each message travels alone. It is reported, and those after it are sent.
  kReport,
};

enum class Sent {
  kYes,
  kQueueFull,  // The local queue: poll() and try again, keeping the order.
  kRefused,    // By the client itself, for good; refusal() says why.
};

// Sends messages in the order they are handed over, idempotently, acknowledged by all replicas, and
// keeps trying for ever. One thread at a time; reports arrive inside poll().
class KafkaProducer {
 public:
  using Report = std::function<void(const SendReport& report)>;

  KafkaProducer(const KafkaOptions& options, Logger& logger, Report report,
                RefusalMode mode = RefusalMode::kStop);
  ~KafkaProducer();
  KafkaProducer(const KafkaProducer&) = delete;
  KafkaProducer& operator=(const KafkaProducer&) = delete;

  // From now on every message bears this header as its last.
  void stamp(std::string name, std::string value) {
    stamp_name_ = std::move(name);
    stamp_value_ = std::move(value);
  }

  // Throws Unavailable when it cannot tell what became of it; the producer must then be replaced.
  // Without a timestamp it has that of the broker, or none, whatever the topic says.
  enum class Timestamp { kNow, kNone };
  [[nodiscard]] Sent send(const OutgoingMessage& message, std::uint64_t tag,
                          Timestamp timestamp = Timestamp::kNow);
  // Of the last message that was kRefused.
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

  // Runs the reports that are due; waits at most `timeout` for the first.
  void poll(Duration timeout);

  // True after a fatal error: nothing will be sent any more, make a new one.
  [[nodiscard]] bool failed() const;
  // Whether that was a message that Kafka refused for good.
  [[nodiscard]] bool stopped_by_refusal() const;
  // Or whether Kafka refuses this producer for good.
  [[nodiscard]] std::optional<Refusal> failure() const;
  // No broker was reachable since this producer was made, at least for a moment.
  [[nodiscard]] bool cluster_lost() const { return client_->cluster_lost(); }

  // See KafkaClient.
  [[nodiscard]] std::string security_problem() const { return client_->security_problem(); }

  // Waits until all is acknowledged, at most `timeout`. True when nothing is left.
  bool flush(Duration timeout);

  // For administration calls on the same connections.
  [[nodiscard]] rd_kafka_t* handle() const { return client_->get(); }

 private:
  static void on_report(rd_kafka_t* handle, const rd_kafka_message_t* message, void* opaque);

  Report report_;
  std::string stamp_name_;  // Empty: none.
  std::string stamp_value_;
  Refusal refusal_;
  std::optional<KafkaClient> client_;
};

}  // namespace orderflow::core
