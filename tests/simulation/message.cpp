#include "tests/simulation/message.hpp"

namespace orderflow::simulation {
namespace {

using events::Phase;
using events::ReplyOutcome;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

std::string text_of(const events::Reply& reply) {
  std::string text = reply.phase == Phase::kUndo ? "reply to an undo" : "reply";
  switch (reply.outcome) {
    case ReplyOutcome::kDone: text += ": done"; break;
    case ReplyOutcome::kRefused: text += ": refused"; break;
    case ReplyOutcome::kFailed: text += ": failed"; break;
  }
  return reply.code.empty() ? text : text + " (" + reply.code + ")";
}

}  // namespace

std::string describe(const Message& message) {
  const std::string attempt = ", attempt " + std::to_string(message.attempt);
  const Overloaded text{
      [](const events::OrderPlaced&) { return std::string("order placed"); },
      [](const events::RequestMade& made) { return "request: " + made.kind; },
      [](const events::Reply& reply) { return text_of(reply); },
      [](const events::DeliveryReport&) { return std::string("report: delivered"); },
      [&](const auto& command) { return std::string(command.kType) + attempt; },
  };
  if (const auto* event = std::get_if<events::OrderEvent>(&message.body)) {
    return "event " + std::to_string(event->sequence) + " " + event->type + " (" + event->status +
           ")";
  }
  if (const auto* inbox = std::get_if<events::InboxMessage>(&message.body)) {
    return std::visit(text, *inbox);
  }
  if (const auto* payment = std::get_if<events::PaymentCommand>(&message.body)) {
    return std::visit(text, *payment);
  }
  return std::visit(text, std::get<events::DeliveryCommand>(message.body));
}

}  // namespace orderflow::simulation
