#include "saga/order/state.hpp"

#include "core/values/names.hpp"

namespace orderflow::saga {
namespace {

using core::Names;

constexpr Names<OrderStatus, 9> kStatusNames{{
    {OrderStatus::kDraft, "DRAFT"},
    {OrderStatus::kPendingPayment, "PENDING_PAYMENT"},
    {OrderStatus::kPaid, "PAID"},
    {OrderStatus::kPaymentFailed, "PAYMENT_FAILED"},
    {OrderStatus::kDeliveryScheduled, "DELIVERY_SCHEDULED"},
    {OrderStatus::kDelivered, "DELIVERED"},
    {OrderStatus::kCancelling, "CANCELLING"},
    {OrderStatus::kCancelled, "CANCELLED"},
    {OrderStatus::kNeedsAttention, "NEEDS_ATTENTION"},
}};

constexpr Names<SagaPhase, 4> kPhaseNames{{
    {SagaPhase::kDraft, "draft"},
    {SagaPhase::kRunning, "running"},
    {SagaPhase::kUndoing, "undoing"},
    {SagaPhase::kEnded, "ended"},
}};

constexpr Names<WaitingFor, 6> kWaitingNames{{
    {WaitingFor::kStart, "start"},
    {WaitingFor::kReply, "reply"},
    {WaitingFor::kRetry, "retry"},
    {WaitingFor::kOperator, "operator"},
    {WaitingFor::kResume, "resume"},
    {WaitingFor::kNothing, "nothing"},
}};

}  // namespace

std::string_view to_text(OrderStatus status) { return core::name_of(kStatusNames, status); }
std::string_view to_text(SagaPhase phase) { return core::name_of(kPhaseNames, phase); }
std::string_view to_text(WaitingFor waiting) { return core::name_of(kWaitingNames, waiting); }

std::optional<OrderStatus> parse_order_status(std::string_view text) {
  return core::value_named(kStatusNames, text);
}
std::optional<SagaPhase> parse_phase(std::string_view text) {
  return core::value_named(kPhaseNames, text);
}
std::optional<WaitingFor> parse_waiting_for(std::string_view text) {
  return core::value_named(kWaitingNames, text);
}

std::optional<std::string_view> current_step(const State& state) {
  if (!state.live()) return std::nullopt;
  return step_name(kOrderSaga, state.step);
}

bool is_terminal(OrderStatus status) {
  return status == OrderStatus::kDeliveryScheduled || status == OrderStatus::kDelivered ||
         status == OrderStatus::kPaymentFailed || status == OrderStatus::kCancelled;
}

bool is_resting(OrderStatus status) {
  return is_terminal(status) || status == OrderStatus::kDraft ||
         status == OrderStatus::kNeedsAttention;
}

}  // namespace orderflow::saga
