#include <string>
#include <utility>

#include "core/json/text.hpp"
#include "saga/order/decider.hpp"

namespace orderflow::saga::detail {

// Begins the attempts of the step anew.
void Decider::resume(const Request& request) {
  if (!state().attention) {
    refuse(request, "not_waiting", "the order does not wait for a person");
    return;
  }
  resolve_attention();
  if (state().steps[state().step] == step_state::kNotStarted) {
    start_step(state().step);
  } else {
    begin_attempts(state().step);
    resend();
    state().reason.clear();
  }
  accept(request, "done");
}

// Holds the saga where it is. What participants say meanwhile is passed over: they keep their
// answers, and resuming asks again.
void Decider::pause(const Request& request) {
  const bool under_way =
      state().phase == SagaPhase::kRunning || state().phase == SagaPhase::kUndoing;
  if (!under_way) {
    refuse(request, "not_running", "only an order that is being processed can be paused");
    return;
  }
  if (state().paused()) {
    refuse(request, "already_paused", "the order is paused already");
    return;
  }
  place();
  state().attention = true;
  state().status = OrderStatus::kNeedsAttention;
  state().waiting_for = WaitingFor::kResume;
  state().wake_at.reset();
  state().reason =
      std::string(attention::kPaused) + (request.reason.empty() ? "on request" : request.reason);
  emit("AttentionNeeded", core::JsonObject().field("reason", state().reason).text());
  accept(request, "done");
}

// Takes the participant's book for the answer that does not come. Nothing less will do: a person's
// word would leave a capture without an order or an order without a capture, and an action that is
// not settled in the book may still happen.
void Decider::skip(const Request& request) {
  if (!state().attention) {
    refuse(request, "not_waiting", "only a step that waits for a person can be skipped");
    return;
  }
  const int step = state().step;
  const bool undoing = state().phase == SagaPhase::kUndoing;
  const bool waits_here =
      state().steps[step] == (undoing ? step_state::kUndoSent : step_state::kSent);
  const bool voided = request.command_outcome == "voided";
  const bool settled =
      undoing ? voided || request.command_outcome == "undone" : request.command_outcome == "done";
  if (!waits_here || request.command_id != id_of(step) || !settled) {
    refuse(request, "not_settled",
           "the participant's book does not hold this step as " +
               std::string(undoing ? "undone" : "done") + "; retry or cancel instead");
    return;
  }
  accept(request, "done");
  std::string data = core::JsonObject()
                         .field(std::string(step_at(step).name) + "_id", id_of(step))
                         .field("reason", request.reason)
                         .field("skipped", true)
                         .field("voided", voided)
                         .text();
  undoing ? step_undone(step, std::move(data)) : step_done(step, std::move(data));
}

}  // namespace orderflow::saga::detail
