#include "saga/order/command_messages.hpp"

#include <algorithm>

#include "saga/order/order_saga.hpp"

namespace orderflow::saga {

namespace {

using events::DeliveryCommand;
using events::PaymentCommand;

// What a step asks of its participant: the message that does it, and of a compensatable step the
// one that undoes it.
struct StepMessages {
  using Make = CommandBody (*)(const OrderFacts& facts, const Uuid& command_id);

  std::string_view step;
  Make action;
  Make undo = nullptr;
};

constexpr auto kStepMessages = one_row_a_step(
    kOrderSaga,
    std::array{
        StepMessages{.step = "payment",
                     .action = [](const OrderFacts& facts, const Uuid& id) -> CommandBody {
                       return PaymentCommand{events::CapturePayment{
                           id, facts.order_id.uuid, facts.user_id.uuid, facts.total}};
                     },
                     .undo = [](const OrderFacts& facts, const Uuid& id) -> CommandBody {
                       return PaymentCommand{events::UndoCapture{id, facts.order_id.uuid,
                                                                 facts.user_id.uuid, facts.total}};
                     }},
        StepMessages{.step = "delivery",
                     .action = [](const OrderFacts& facts, const Uuid& id) -> CommandBody {
                       return DeliveryCommand{events::ScheduleDelivery{id, facts.order_id.uuid,
                                                                       facts.delivery_address}};
                     },
                     .undo = [](const OrderFacts& facts, const Uuid& id) -> CommandBody {
                       return DeliveryCommand{events::CancelDelivery{id, facts.order_id.uuid}};
                     }},
    });
static_assert(std::all_of(kStepMessages.begin(), kStepMessages.end(), [](const auto& row) {
  const Step& step = kOrderSaga.steps[static_cast<std::size_t>(kOrderSaga.index_of(row.step))];
  return (step.kind == StepKind::kCompensatable) == (row.undo != nullptr);
}));

CommandMessage message_of(const OrderFacts& facts, const State&, const StepCommand& command) {
  const StepMessages& row = row_of_step(kStepMessages, kOrderSaga, command.step);
  const auto make = command.phase == events::Phase::kUndo ? row.undo : row.action;
  return {make(facts, command.command_id), command.attempt};
}

CommandMessage message_of(const OrderFacts& facts, const State&,
                          const AcknowledgeReportCommand& command) {
  return {DeliveryCommand{events::AcknowledgeReport{command.delivery_id, facts.order_id.uuid}}};
}

CommandMessage message_of(const OrderFacts& facts, const State& state,
                          const RefundCommand& command) {
  const auto& refund = command.refund;
  return {PaymentCommand{events::RefundPayment{refund.command_id,
                                               refund.request_id,
                                               facts.order_id.uuid,
                                               state.payment_id.value_or(core::Uuid{}),
                                               facts.user_id.uuid,
                                               {refund.amount, facts.total.currency}}},
          command.attempt};
}

}  // namespace

CommandMessage message_of(const OrderFacts& facts, const State& state, const Command& command) {
  return std::visit([&](const auto& kind) { return message_of(facts, state, kind); }, command);
}

}  // namespace orderflow::saga
