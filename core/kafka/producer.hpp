#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "core/kafka/client.hpp"
#include "core/kafka/options.hpp"
#include "core/observe/log.hpp"
#include "core/values/message.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

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

  // From now on every message bears this header as its last.
  void stamp(std::string name, std::string value) {
    stamp_name_ = std::move(name);
    stamp_value_ = std::move(value);
  }

  // False when the local queue is full: poll() and try again, keeping the order.
  // Throws Unavailable on any other refusal; the producer must then be replaced.
  [[nodiscard]] bool send(const OutgoingMessage& message, std::uint64_t tag);

  // Runs the reports that are due; waits at most `timeout` for the first.
  void poll(Duration timeout);

  // True after a fatal error: nothing will be sent any more, make a new one.
  [[nodiscard]] bool failed() const;
  // No broker was reachable since this producer was made, at least for a moment.
  [[nodiscard]] bool cluster_lost() const { return client_->cluster_lost(); }

  // Waits until all is acknowledged, at most `timeout`. True when nothing is left.
  bool flush(Duration timeout);

  // For administration calls on the same connections.
  [[nodiscard]] rd_kafka_t* handle() const { return client_->get(); }

 private:
  static void on_report(rd_kafka_t* handle, const rd_kafka_message_t* message, void* opaque);

  Report report_;
  std::string stamp_name_;  // Empty: none.
  std::string stamp_value_;
  std::optional<KafkaClient> client_;
};

}  // namespace orderflow::core
