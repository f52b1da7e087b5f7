#include "http-api/admin/message_replayer.hpp"

#include <string>

#include "core/kafka/producer.hpp"
#include "core/values/failure.hpp"

namespace orderflow::http_api {
namespace {

// Within the time that a statement of the transaction around it may take.
constexpr core::Duration kPublishTimeout = std::chrono::seconds{4};
constexpr const char* kTopicWaitMs = "2000";
constexpr int kMessageBytesMax = 10'000'000;

core::Refusal gone(const std::string& topic) {
  return {topic, -1, "UNKNOWN_TOPIC_OR_PART", "the topic is not there",
          "make it again, or check ORDERFLOW_TOPIC_PREFIX"};
}

}  // namespace

std::optional<core::Refusal> MessageReplayer::publish(const core::OutgoingMessage& message) {
  bool stored = false;
  std::optional<core::Refusal> refusal;
  core::KafkaOptions options = options_;
  // A message is put back as large as it was; and a topic that is gone is noticed in time.
  options.properties["message.max.bytes"] = std::to_string(kMessageBytesMax);
  options.properties["topic.metadata.propagation.max.ms"] = kTopicWaitMs;
  core::KafkaProducer producer(
      options, logger_,
      [&](const core::SendReport& report) {
        stored = report.stored();
        refusal = report.topic_gone() ? gone(message.topic) : report.refusal();
      },
      core::RefusalMode::kReport);
  if (producer.send(message, 0) == core::Sent::kRefused) return producer.refusal();
  const bool flushed = producer.flush(kPublishTimeout);
  if (!refusal && !(flushed && stored)) {
    throw core::Unavailable("Kafka has not acknowledged the message; replay it again");
  }
  return refusal;
}

}  // namespace orderflow::http_api
