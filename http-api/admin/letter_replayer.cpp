#include "http-api/admin/letter_replayer.hpp"

#include "core/kafka/producer.hpp"
#include "core/values/failure.hpp"

namespace orderflow::http_api {
namespace {

// Within the time a database connection may be used for.
constexpr core::Duration kPublishPatience = std::chrono::seconds{4};

}  // namespace

void LetterReplayer::publish(const core::OutgoingMessage& message) {
  bool stored = false;
  core::KafkaProducer producer(options_, logger_,
                               [&stored](std::uint64_t, bool done) { stored = done; });
  if (!producer.send(message, 0) || !producer.flush(kPublishPatience) || !stored) {
    throw core::Unavailable("Kafka has not acknowledged the message; replay it again");
  }
}

}  // namespace orderflow::http_api
