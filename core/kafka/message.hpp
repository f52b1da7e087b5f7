#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/values/message.hpp"

namespace orderflow::core {

using KafkaHeaders = std::vector<std::pair<std::string, std::string>>;

// The last header of that name; empty when there is none. A view of the message.
[[nodiscard]] std::string_view header_of(const rd_kafka_message_t* message, const char* name);

// A message as librdkafka holds it. Move-only; views stay valid as long as it lives.
class KafkaMessage {
 public:
  explicit KafkaMessage(rd_kafka_message_t* message) : message_(message) {}

  [[nodiscard]] std::int32_t partition() const { return message_->partition; }
  [[nodiscard]] std::int64_t offset() const { return message_->offset; }
  [[nodiscard]] std::string_view key() const;
  [[nodiscard]] std::string_view body() const;
  // The last header of that name; empty when there is none.
  [[nodiscard]] std::string_view header(const char* name) const {
    return header_of(message_.get(), name);
  }
  [[nodiscard]] KafkaHeaders headers() const;

 private:
  struct Destroy {
    void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  };
  std::unique_ptr<rd_kafka_message_t, Destroy> message_;
};

}  // namespace orderflow::core
