#include <string>
#include <utility>

#include "core/json/text.hpp"
#include "saga/order/decider.hpp"

namespace orderflow::saga::detail {

void Decider::begin_attempts_anew() {
  resolve_attention();
  const bool not_started = !state().refund && state().steps[state().step] == StepState::kNotStarted;
  if (not_started) return start_step(state().step);
  begin_attempts(state().step);
  resend();
  state().reason.clear();
}

void Decider::handle(const Request& request, const Resume&) {
  if (!state().attention) {
    return refuse(request, "not_waiting", "the order does not wait for a person");
  }
  begin_attempts_anew();
  job_done(request);
}

// Holds the saga where it is. What participants say meanwhile is passed over: they keep their
// answers, and resuming asks again.
void Decider::handle(const Request& request, const Pause&) {
  const bool under_way =
      state().phase == SagaPhase::kRunning || state().phase == SagaPhase::kUndoing;
  if (!under_way) {
    return refuse(request, "not_running", "only an order that is being processed can be paused");
  }
  if (state().paused()) return refuse(request, "already_paused", "the order is paused already");
  place();
  state().attention = true;
  if (!committed()) state().status = OrderStatus::kNeedsAttention;
  state().waiting_for = WaitingFor::kResume;
  state().wake_at.reset();
  state().reason =
      std::string(attention::kPaused) + (request.reason.empty() ? "on request" : request.reason);
  emit("AttentionNeeded", core::JsonObject().field("reason", state().reason).text());
  job_done(request);
}

// Takes the participant's row for the reply that does not come. Nothing less will do: a person's
// word would leave a capture without an order or an order without a capture, and an action that has
// no row yet may still happen.
void Decider::handle(const Request& request, const Skip& skip) {
  if (!state().attention) {
    return refuse(request, "not_waiting", "only a step that waits for a person can be skipped");
  }
  if (state().refund) {
    return refuse(request, "not_settled",
                  "a refund is asked for until it is answered; retry asks at once");
  }
  const int step = state().step;
  const bool undoing = state().phase == SagaPhase::kUndoing;
  const bool waits_here = state().steps[step] == (undoing ? StepState::kUndoing : StepState::kSent);
  const bool sound =
      skip_is_sound(skip.outcome, undoing ? events::Phase::kUndo : events::Phase::kDo);
  if (!waits_here || skip.command_id != id_of(step) || !sound) {
    return refuse(request, "not_settled",
                  "the participant's row does not show this step as " +
                      std::string(undoing ? "undone" : "done") + "; retry or cancel instead");
  }
  job_done(request);
  std::string data = core::JsonObject()
                         .field(std::string(name_of(step)) + "_id", id_of(step))
                         .field("reason", request.reason)
                         .field("skipped", true)
                         .field("voided", skip.outcome == CommandOutcome::kVoided)
                         .text();
  undoing ? step_undone(step, std::move(data)) : step_done(step, std::move(data));
}

// The owner publishes them in the transaction that ends this job; what Kafka refuses again is held
// again.
void Decider::handle(const Request& request, const ReleaseEvents&) { job_done(request); }

// The request by which a person gets an order to that status from where it is.
std::optional<RequestKind> Decider::request_leading_to(OrderStatus target) const {
  const OrderStatus from = out_.state.status;
  if (target == OrderStatus::kCancelled || target == OrderStatus::kCancelling) return Cancel{};
  if (from == OrderStatus::kNeedsAttention && target == status_of_progress()) return Resume{};
  if (target == OrderStatus::kPendingPayment && from == OrderStatus::kDraft) return Confirm{};
  if (target == OrderStatus::kPendingPayment && from == OrderStatus::kPaymentFailed) return Retry{};
  return std::nullopt;
}

void Decider::handle(const Request& request, const SetStatus& set) {
  if (const auto leading = request_leading_to(set.target)) {
    return std::visit([&](const auto& kind) { handle(request, kind); }, *leading);
  }
  const OrderStatus from = state().status;
  if (set.target == OrderStatus::kDelivered && from == OrderStatus::kDeliveryScheduled) {
    delivered(request.actor);
    return job_done(request);
  }
  refuse(request, "illegal_transition",
         "an order cannot go from " + std::string(to_text(from)) + " to " +
             std::string(to_text(set.target)));
}

}  // namespace orderflow::saga::detail
