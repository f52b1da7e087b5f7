#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "core/kafka/consumer.hpp"
#include "core/settings/settings.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::bench {

// How a saga ended, or that the carrier delivered afterwards.
enum class Ending { kScheduled, kPaymentFailed, kCancelled, kDelivered };

struct Outcome {
  core::Uuid order_id;
  Ending ending;
};

// By the event's CloudEvents type; nullopt for events that end nothing.
[[nodiscard]] std::optional<Ending> ending_of_event(std::string_view wire_type);

// By the status that GET /orders/{id}/status tells.
[[nodiscard]] std::optional<Ending> ending_of_status(std::string_view status);

// Reads orders.events from its end, as any outside consumer may, on a thread of its own. Much
// cheaper than asking the API about every order.
class OutcomeWatch {
 public:
  // Called on the watch's thread, with what one fetch brought; it must not throw.
  using Deliver = std::function<void(std::vector<Outcome>)>;

  // Returns once every event published from now on will be seen. Throws core::Unavailable.
  OutcomeWatch(const core::Settings& settings, core::Logger& logger, Deliver deliver);

 private:
  void start_at_end();
  void run(const std::stop_token& stop);
  // True when there was a message; notes what it ended.
  bool take(core::Duration timeout, std::vector<Outcome>& outcomes);

  core::KafkaConsumer consumer_;
  Deliver deliver_;
  std::jthread thread_;
};

}  // namespace orderflow::bench
