#include "core/kafka/message.hpp"

namespace orderflow::core {

std::string_view KafkaMessage::key() const {
  return {static_cast<const char*>(message_->key), message_->key_len};
}

std::string_view KafkaMessage::body() const {
  return {static_cast<const char*>(message_->payload), message_->len};
}

std::string_view header_of(const rd_kafka_message_t* message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
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

}  // namespace orderflow::core
