#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "events/messages.hpp"

namespace orderflow::simulation {

enum class Role { kOrchestrator, kPayments, kDelivery };
inline constexpr int kRoles = 3;

// A role consumes the topic of the same number; events go to everyone outside.
enum class Topic { kInbox, kPayments, kDelivery, kEvents };
inline constexpr int kTopics = 4;

[[nodiscard]] inline Topic topic_of(Role role) { return static_cast<Topic>(role); }

// A message as the model carries it: the production type, not its encoding.
struct Message {
  using Body = std::variant<events::InboxMessage, events::PaymentCommand, events::DeliveryCommand,
                            events::OrderEvent>;
  Topic topic = Topic::kInbox;
  std::int32_t partition = 0;  // Of the topic, by the message's key.
  int order = 0;               // Whose it is, by number.
  int attempt = 0;
  Body body;
};
using MessagePtr = std::shared_ptr<const Message>;

// A message to publish after the commit of the batch that caused it.
struct Outgoing {
  MessagePtr message;
  std::int32_t partition = 0;  // The owner's.
  std::int64_t batch_no = 0;
  core::Duration delay{0};  // A slow participant's.
  std::uint64_t tag = 0;    // By which its acknowledgement is known.
};

// For traces: "capture payment, attempt 2".
[[nodiscard]] std::string describe(const Message& message);

}  // namespace orderflow::simulation
