#include "core/json/text.hpp"
#include "saga/order/decider.hpp"

// The carrier's report of delivery, which follows the saga and may overtake its last reply.
namespace orderflow::saga::detail {

using core::JsonObject;

void Decider::on(const events::DeliveryReport& report) {
  const bool ours = report.delivery_id == id_of(kDeliveryStep);
  if (ours && state().phase == SagaPhase::kRunning && !state().paused() &&
      state().step == kDeliveryStep && state().steps[kDeliveryStep] == StepState::kSent) {
    // The reply got lost on its way; the report says as much and more.
    step_done(kDeliveryStep, JsonObject().field("delivery_id", report.delivery_id).text());
  }
  if (!committed()) return;  // Not acknowledged, so it will come again.
  if (ours && state().status == OrderStatus::kDeliveryScheduled) delivered("carrier");
  out_.commands.emplace_back(AcknowledgeReportCommand{report.delivery_id});
}

void Decider::delivered(std::string_view reported_by) {
  state().status = OrderStatus::kDelivered;
  JsonObject data;
  if (state().delivery_id) data.field("delivery_id", *state().delivery_id);
  data.field("reported_by", reported_by);
  emit("OrderDelivered", data.text());
}

}  // namespace orderflow::saga::detail
