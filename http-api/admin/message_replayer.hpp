#pragma once

#include <optional>
#include <utility>

#include "core/kafka/message.hpp"
#include "core/kafka/options.hpp"
#include "core/kafka/refusal.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"

namespace orderflow::http_api {

// Puts stored messages back where they came from and waits until the broker has them. Safe from any
// thread: each call has a producer of its own, as replays are rare.
class MessageReplayer {
 public:
  // `health` tells of the broker, as the component "kafka".
  MessageReplayer(core::KafkaOptions options, core::Logger& logger, const core::Health& health)
      : options_(std::move(options)), logger_(logger), health_(health) {}

  // It is known that publish() would wait in vain.
  [[nodiscard]] bool kafka_is_down() const { return health_.found_down("kafka"); }

  // Nothing when it is stored; else why it never will be. Throws Unavailable when the broker does
  // not acknowledge it in time.
  [[nodiscard]] std::optional<core::Refusal> publish(const core::OutgoingMessage& message);

 private:
  core::KafkaOptions options_;
  core::Logger& logger_;
  const core::Health& health_;
};

}  // namespace orderflow::http_api
