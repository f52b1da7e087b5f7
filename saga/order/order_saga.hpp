#pragma once

#include "events/messages.hpp"
#include "events/participants.hpp"
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

// The order saga: charge the customer, order the carrier; once both hold, the order is committed.
// Whatever fails before is undone in reverse. The carrier's report of delivery follows the saga.
inline constexpr Definition kOrderSaga =
    define("order", {
                        step("payment", StepKind::kCompensatable)
                            .command(events::CapturePayment::kType)
                            .undo(events::UndoCapture::kType)
                            .done("PAID", "PaymentCaptured")
                            .undone("PaymentRefunded")
                            .refused("PAYMENT_FAILED", "PaymentFailed"),
                        step("delivery", StepKind::kCompensatable)
                            .command(events::ScheduleDelivery::kType)
                            .undo(events::CancelDelivery::kType)
                            .undone("DeliveryCancelled"),
                        pivot("scheduled").done("DELIVERY_SCHEDULED", "DeliveryScheduled"),
                    });

inline constexpr int kPaymentStep = kOrderSaga.index_of("payment");
inline constexpr int kDeliveryStep = kOrderSaga.index_of("delivery");

// A refund after the sale is no step of the saga, yet it is sent, awaited, probed and alarmed as
// one. Its index is the one behind the last step's.
inline constexpr std::string_view kRefundName = "refund";
static_assert(kOrderSaga.index_of(kRefundName) < 0);

[[nodiscard]] constexpr int refund_step(const Definition& definition) {
  return static_cast<int>(definition.size);
}

[[nodiscard]] constexpr std::string_view step_name(const Definition& definition, int step) {
  if (step == refund_step(definition)) return kRefundName;
  return definition.steps.at(static_cast<std::size_t>(step)).name;
}

// Negative for a name that is none's.
[[nodiscard]] constexpr int step_named(const Definition& definition, std::string_view name) {
  return name == kRefundName ? refund_step(definition) : definition.index_of(name);
}

// Who does a step, or the refund; null for the pivot.
[[nodiscard]] constexpr const events::Role* participant_of(const Definition& definition, int step) {
  if (step == refund_step(definition)) return events::participant_of(events::RefundPayment::kType);
  return events::participant_of(definition.steps.at(static_cast<std::size_t>(step)).command_type);
}

// A row for each participant of the steps. A table that leaves one out does not compile: `T` names
// its participant as `participant`.
template <typename T, std::size_t N>
[[nodiscard]] consteval std::array<T, N> one_row_a_participant(const Definition& definition,
                                                               std::array<T, N> rows) {
  for (std::size_t i = 0; i < definition.size; ++i) {
    if (definition.steps[i].kind == StepKind::kPivot) continue;
    const events::Role* role = participant_of(definition, static_cast<int>(i));
    if (role == nullptr) detail::a_step_has_no_participant();
    std::size_t row = 0;
    while (row < N && rows[row].participant.name != role->name) ++row;
    if (row == N) detail::a_participant_has_no_row();
  }
  return rows;
}

// The row of who does a step, or the refund. Not for the pivot.
template <typename T, std::size_t N>
[[nodiscard]] constexpr const T& row_of_participant(const std::array<T, N>& rows,
                                                    const Definition& definition, int step) {
  const std::string_view name = participant_of(definition, step)->name;
  std::size_t row = 0;
  while (rows.at(row).participant.name != name) ++row;
  return rows[row];
}

// A row for each step that a participant does, in their order. A table that leaves one out, or has
// one too many, does not compile: `T` names its step as `step`.
template <typename T, std::size_t N>
[[nodiscard]] consteval std::array<T, N> one_row_a_step(const Definition& definition,
                                                        std::array<T, N> rows) {
  std::size_t row = 0;
  for (std::size_t i = 0; i < definition.size; ++i) {
    if (definition.steps[i].kind == StepKind::kPivot) continue;
    if (row == N || rows[row].step != definition.steps[i].name) detail::a_step_has_no_row();
    ++row;
  }
  if (row != N) detail::a_row_has_no_step();
  return rows;
}

// The row of a step. Not for the pivot and the refund.
template <typename T, std::size_t N>
[[nodiscard]] constexpr const T& row_of_step(const std::array<T, N>& rows,
                                             const Definition& definition, int step) {
  const std::string_view name = step_name(definition, step);
  std::size_t row = 0;
  while (rows.at(row).step != name) ++row;
  return rows[row];
}

}  // namespace orderflow::saga
