#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <optional>
#include <string>

namespace orderflow::core {

// What Kafka will not do however often it is asked, and what a person can do about it. A value.
struct Refusal {
  std::string topic;            // Empty: it is about none.
  std::int32_t partition = -1;  // Negative: of none in particular.
  std::string error;            // Kafka's name of it, e.g. "MSG_SIZE_TOO_LARGE".
  std::string detail;           // Kafka's words.
  std::string remedy;

  // All of it in a line.
  [[nodiscard]] std::string text() const;
};

// Nothing when the error may pass: whatever is tried then is tried again.
[[nodiscard]] std::optional<Refusal> refusal_of(rd_kafka_resp_err_t error, const std::string& topic,
                                                std::int32_t partition = -1);

}  // namespace orderflow::core
