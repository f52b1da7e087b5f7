#pragma once

#include <variant>

#include "events/messages.hpp"
#include "saga/order/decide.hpp"

namespace orderflow::saga {

// What a command says to whom: payments or delivery. Which attempt it is stands beside it, since it
// is no part of what is asked.
struct CommandMessage {
  std::variant<events::PaymentCommand, events::DeliveryCommand> body;
  int attempt = 1;
};

// Pure. `facts.delivery_address` is valid JSON.
[[nodiscard]] CommandMessage message_of(const OrderFacts& facts, const State& state,
                                        const Command& command);

}  // namespace orderflow::saga
