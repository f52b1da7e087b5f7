#include "saga/order/command_messages.hpp"

#include "saga/order/order_saga.hpp"

namespace orderflow::saga {

namespace {

using events::DeliveryCommand;
using events::PaymentCommand;

CommandMessage of_step(const OrderFacts& facts, const StepCommand& step) {
  const auto& id = step.command_id;
  const auto& order = facts.order_id.uuid;
  const auto& account = facts.user_id.uuid;
  const bool undo = step.phase == events::Phase::kUndo;
  if (step.step == kPaymentStep) {
    if (undo)
      return {PaymentCommand{events::UndoCapture{id, order, account, facts.total}}, step.attempt};
    return {PaymentCommand{events::CapturePayment{id, order, account, facts.total}}, step.attempt};
  }
  if (undo) return {DeliveryCommand{events::CancelDelivery{id, order}}, step.attempt};
  return {DeliveryCommand{events::ScheduleDelivery{id, order, facts.delivery_address}},
          step.attempt};
}

}  // namespace

CommandMessage message_of(const OrderFacts& facts, const State& state, const Command& command) {
  if (const auto* step = std::get_if<StepCommand>(&command)) return of_step(facts, *step);
  if (const auto* acknowledge = std::get_if<AcknowledgeReportCommand>(&command)) {
    return {
        DeliveryCommand{events::AcknowledgeReport{acknowledge->delivery_id, facts.order_id.uuid}}};
  }
  const auto& [refund, attempt] = std::get<RefundCommand>(command);
  return {PaymentCommand{events::RefundPayment{refund.command_id,
                                               refund.request_id,
                                               facts.order_id.uuid,
                                               state.payment_id.value_or(core::Uuid{}),
                                               facts.user_id.uuid,
                                               {refund.amount, facts.total.currency}}},
          attempt};
}

}  // namespace orderflow::saga
