#include "http-api/admin/message_replayer.hpp"

#include "core/kafka/producer.hpp"
#include "core/values/failure.hpp"

namespace orderflow::http_api {
namespace {

// Within the time that a statement of the transaction around it may take.
constexpr core::Duration kPublishTimeout = std::chrono::seconds{4};

}  // namespace

void MessageReplayer::publish(const core::OutgoingMessage& message) {
  bool stored = false;
  core::KafkaProducer producer(options_, logger_,
                               [&stored](std::uint64_t, bool done) { stored = done; });
  if (!producer.send(message, 0) || !producer.flush(kPublishTimeout) || !stored) {
    throw core::Unavailable("Kafka has not acknowledged the message; replay it again");
  }
}

}  // namespace orderflow::http_api
