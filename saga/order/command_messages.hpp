#pragma once

#include <variant>

#include "events/messages.hpp"
#include "saga/order/decide.hpp"

namespace orderflow::saga {

// What a command says; whom it is for follows from its type.
using CommandBody = std::variant<events::PaymentCommand, events::DeliveryCommand>;

// Which attempt it is stands beside what is asked, since it is no part of it.
struct CommandMessage {
  CommandBody body;
  int attempt = 1;
};

// Pure. `facts.delivery_address` is valid JSON.
[[nodiscard]] CommandMessage message_of(const OrderFacts& facts, const State& state,
                                        const Command& command);

}  // namespace orderflow::saga
