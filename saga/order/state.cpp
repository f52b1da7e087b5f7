#include "saga/order/state.hpp"

#include <array>
#include <utility>

namespace orderflow::saga {
namespace {

template <typename Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

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

template <typename Enum, std::size_t N>
std::string_view text_of(const Names<Enum, N>& names, Enum value) {
  for (const auto& [known, text] : names) {
    if (known == value) return text;
  }
  return {};
}

template <typename Enum, std::size_t N>
std::optional<Enum> value_of(const Names<Enum, N>& names, std::string_view text) {
  for (const auto& [value, known] : names) {
    if (known == text) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_text(OrderStatus status) { return text_of(kStatusNames, status); }
std::string_view to_text(SagaPhase phase) { return text_of(kPhaseNames, phase); }
std::string_view to_text(WaitingFor waiting) { return text_of(kWaitingNames, waiting); }

std::optional<OrderStatus> parse_order_status(std::string_view text) {
  return value_of(kStatusNames, text);
}
std::optional<SagaPhase> parse_phase(std::string_view text) { return value_of(kPhaseNames, text); }
std::optional<WaitingFor> parse_waiting_for(std::string_view text) {
  return value_of(kWaitingNames, text);
}

std::optional<std::string_view> current_step(const State& state) {
  if (!state.live()) return std::nullopt;
  return step_name(kOrderSaga, state.step);
}

bool is_terminal(OrderStatus status) {
  return status == OrderStatus::kDeliveryScheduled || status == OrderStatus::kDelivered ||
         status == OrderStatus::kPaymentFailed || status == OrderStatus::kCancelled;
}

}  // namespace orderflow::saga
