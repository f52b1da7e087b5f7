#include "saga/order/decide.hpp"

#include <utility>

#include "core/json/document.hpp"
#include "core/json/text.hpp"
#include "events/ids.hpp"
#include "saga/order/decider.hpp"

namespace orderflow::saga {

using events::Phase;
using events::Reply;
using events::ReplyOutcome;

std::string_view to_text(JobState state) {
  switch (state) {
    case JobState::kRunning: return "running";
    case JobState::kDone: return "done";
    case JobState::kRefused: return "refused";
  }
  return "refused";
}

Decision decide(const State& state, const OrderFacts& facts, const Input& input, Time now,
                const Policy& policy) {
  detail::Decider decider(state, facts, now, policy);
  std::visit([&](const auto& concrete) { decider.on(concrete); }, input);
  return std::move(decider).take();
}

namespace detail {

using core::JsonObject;

Uuid Decider::id_of(int step) const {
  return events::command_id(facts_.order_id.uuid, out_.state.round, name_of(step));
}

bool Decider::committed() const {
  const State& state = out_.state;
  return state.phase == SagaPhase::kEnded ||
         (state.phase == SagaPhase::kRunning &&
          state.step > static_cast<int>(facts_.definition->pivot));
}

void Decider::emit(std::string_view type, std::string data) {
  events::OrderEvent event;
  event.order_id = facts_.order_id.uuid;
  event.sequence = ++state().event_sequence;
  event.type = type;
  event.status = to_text(state().status);
  event.time = now_;
  event.actor = actor_;
  event.correlation_id = trace_.correlation_id;
  event.traceparent = trace_.traceparent;
  event.data = std::move(data);
  out_.events.push_back(std::move(event));
}

void Decider::observe(ObservationKind kind, std::string_view step, std::string_view outcome) {
  const Duration took = state().step_started_at ? now_ - *state().step_started_at : Duration{0};
  out_.observations.push_back({kind, step, outcome, took, answered_attempt_});
}

void Decider::set_status_text(std::string_view text) {
  if (const auto status = parse_order_status(text)) state().status = *status;
}

// ---- the forward course -------------------------------------------------------------------------

void Decider::on(const Start&) {
  if (state().phase != SagaPhase::kRunning || state().waiting_for != WaitingFor::kStart) return;
  place();
  go_on_to(0, "{}");
}

// The history begins with the order itself, written by whoever first looks at it.
void Decider::place() {
  if (state().event_sequence > 0) return;
  emit("OrderPlaced",
       JsonObject().field("total", facts_.total).field("user_id", facts_.user_id.uuid).text());
  observe(ObservationKind::kStarted, {});
}

void Decider::begin_attempts(int step) {
  state().step = step;
  state().attempt = 1;
  state().step_started_at = now_;
}

void Decider::start_step(int step) {
  begin_attempts(step);
  // Registered as possibly done before its command is sent, so that a crash in between undoes it.
  state().steps.set(step, StepState::kSent);
  send(step, Phase::kDo);
}

void Decider::send(int step, Phase phase) {
  state().waiting_for = WaitingFor::kReply;
  state().reason.clear();
  state().wake_at = now_ + policy_.reply_timeout[step];
  out_.commands.emplace_back(StepCommand{id_of(step), step, phase, state().attempt});
}

void Decider::step_done(int step, std::string data) {
  resolve_attention();
  state().steps.set(step, StepState::kDone);
  if (step == kPaymentStep) state().payment_id = id_of(step);
  if (step == kDeliveryStep) state().delivery_id = id_of(step);
  observe(ObservationKind::kStepEnded, name_of(step), "done");
  const Step& definition = step_at(step);
  if (!definition.done_status.empty()) set_status_text(definition.done_status);
  if (!definition.done_event.empty()) emit(definition.done_event, data);
  // Whoever asked for the payment has it; a cancel has its own end.
  if (step == kPaymentStep) close_open_request(JobState::kDone);
  go_on_to(step + 1, std::move(data));
}

// The pivot's event bears the data of the reply that led to it.
void Decider::go_on_to(int step, std::string data) {
  if (step == state().steps.size()) return finish(state().status, {}, {});
  if (step_at(step).kind != StepKind::kPivot) return start_step(step);
  const auto status = parse_order_status(step_at(step).done_status);
  pass_pivot(status.value_or(OrderStatus::kDeliveryScheduled), step_at(step).done_event,
             std::move(data));
}

// The point of no return. What follows cannot change the outcome, so whoever waits for that is
// answered now.
void Decider::pass_pivot(OrderStatus status, std::string_view event, std::string data) {
  const int next = static_cast<int>(facts_.definition->pivot) + 1;
  if (next == state().steps.size()) return finish(status, event, std::move(data));
  state().phase = SagaPhase::kRunning;
  state().status = status;
  emit(event, std::move(data));
  close_open_request(JobState::kDone);
  start_step(next);
}

void Decider::step_refused(int step, const Reply& reply) {
  // Behind the pivot there is no way back: it waits until the participant does it after all.
  if (committed()) {
    return stays_waiting(std::string(name_of(step)) + ": " +
                         (reply.code.empty() ? "refused" : reply.code));
  }
  resolve_attention();
  state().steps.set(step, StepState::kRefused);
  state().failure_code = reply.code;
  state().failure_detail = reply.detail;
  observe(ObservationKind::kStepEnded, name_of(step), "refused");
  const Step& definition = step_at(step);
  const bool nothing_to_undo = !state().steps.last_to_undo(*facts_.definition);
  if (nothing_to_undo && !definition.refused_status.empty()) {
    const auto status = parse_order_status(definition.refused_status);
    finish(status.value_or(OrderStatus::kCancelled), definition.refused_event,
           JsonObject().field("code", reply.code).field("detail", reply.detail).text());
    return;
  }
  if (nothing_to_undo) {
    // Otherwise the undo's events tell that the order is being cancelled.
    state().status = OrderStatus::kCancelling;
    emit("CancelRequested", JsonObject().field("reason", reply.detail).text());
  }
  begin_undo();
}

void Decider::finish(OrderStatus status, std::string_view event, std::string data) {
  state().status = status;
  state().phase = SagaPhase::kEnded;
  state().attention = false;
  state().waiting_for = WaitingFor::kNothing;
  state().wake_at.reset();
  state().reason.clear();
  state().attempt = 0;
  if (!event.empty()) emit(event, std::move(data));
  observe(ObservationKind::kFinished, {}, to_text(status));
  if (status == OrderStatus::kPaymentFailed) {
    close_open_request(JobState::kRefused, state().failure_code, state().failure_detail);
  } else {
    close_open_request(JobState::kDone);
  }
}

// ---- the way back -------------------------------------------------------------------------------

void Decider::begin_undo() {
  state().phase = SagaPhase::kUndoing;
  state().attention = false;
  state().status = OrderStatus::kCancelling;
  undo_next();
}

// Undoes the last step that may have happened; in reverse order, one at a time.
void Decider::undo_next() {
  const auto last = state().steps.last_to_undo(*facts_.definition);
  if (!last) {
    finish(OrderStatus::kCancelled, "OrderCancelled",
           JsonObject()
               .field("code", state().failure_code)
               .field("detail", state().failure_detail)
               .text());
    return;
  }
  begin_attempts(*last);
  state().steps.set(*last, StepState::kUndoing);
  observe(ObservationKind::kCompensated, name_of(*last));
  send(*last, Phase::kUndo);
}

void Decider::step_undone(int step, std::string data) {
  resolve_attention();
  state().steps.set(step, StepState::kUndone);
  observe(ObservationKind::kStepEnded, name_of(step), "undone");
  // Participants say `voided` when there was nothing to undo; history need not mention that.
  if (!core::is_true_in(data, "voided")) emit(step_at(step).undone_event, std::move(data));
  undo_next();
}

void Decider::undo_refused(int step, const Reply& reply) {
  const bool can_go_on =
      !state().steps.any(StepState::kUndone) && !state().steps.any(StepState::kRefused);
  if (reply.code == "too_late" && can_go_on) return undo_too_late(step);
  stays_waiting(std::string(attention::kUndoFailed) + std::string(name_of(step)) + ": " +
                (reply.code.empty() ? "refused" : reply.code));
}

// The participant had finished what cannot be taken back. Undoing goes from the last step to the
// first, so nothing earlier was undone and the saga simply goes forward.
void Decider::undo_too_late(int step) {
  resolve_attention();
  state().steps.set(step, StepState::kDone);
  if (step == kDeliveryStep) state().delivery_id = id_of(step);
  close_open_request(JobState::kRefused, "too_late", "the order was already delivered");
  state().failure_code.clear();
  state().failure_detail.clear();
  if (step + 1 < static_cast<int>(facts_.definition->pivot)) {
    state().phase = SagaPhase::kRunning;
    state().status = status_of_progress();
    return start_step(step + 1);
  }
  pass_pivot(OrderStatus::kDelivered, "OrderDelivered",
             JsonObject().field("delivery_id", id_of(step)).text());
}

// ---- replies, time-outs, retries ----------------------------------------------------------------

void Decider::on(const ReplyReceived& received) {
  const Reply& reply = received.reply;
  answered_attempt_ = received.attempt;
  if (state().refund && reply.command_id == state().refund->command_id) {
    return refund_reply(received);
  }
  const int step = state().step;
  if (state().phase == SagaPhase::kEnded || reply.command_id != id_of(step)) return;
  if (state().paused()) return;  // Resuming sends the command again, and so its answer comes again.
  const bool undoing = state().phase == SagaPhase::kUndoing;
  const StepState expected = undoing ? StepState::kUndoing : StepState::kSent;
  // A late answer to the action while its undo is under way changes nothing: the undo's own answer
  // settles it, because the participant's barrier orders the two.
  if ((reply.phase == Phase::kUndo) != undoing || state().steps[step] != expected) return;
  switch (reply.outcome) {
    case ReplyOutcome::kDone:
      undoing ? step_undone(step, reply.data) : step_done(step, reply.data);
      break;
    case ReplyOutcome::kRefused:
      undoing ? undo_refused(step, reply) : step_refused(step, reply);
      break;
    case ReplyOutcome::kFailed: reply_failed(received); break;
  }
}

// One of an earlier attempt came too late: that one was given up already.
void Decider::reply_failed(const ReplyReceived& received) {
  if (state().waiting_for != WaitingFor::kReply || state().attention) return;
  if (received.attempt != state().attempt) return;
  const std::string& code = received.reply.code;
  attempt_failed(code.empty() ? "technical_failure" : code);
}

void Decider::on(const Wake&) {
  if (!state().wake_at || *state().wake_at > now_ || !state().live()) return;
  switch (state().waiting_for) {
    case WaitingFor::kStart: on(Start{}); break;
    case WaitingFor::kReply:
      if (wait_longer()) break;
      observe(ObservationKind::kTimedOut, name_of(state().step));
      attempt_failed("no_reply_in_time");
      break;
    case WaitingFor::kRetry:
      ++state().attempt;
      observe(ObservationKind::kRetried, name_of(state().step));
      resend();
      break;
    case WaitingFor::kOperator: probe(); break;
    case WaitingFor::kResume:
    case WaitingFor::kNothing: break;
  }
}

// The first attempt was sent when time-outs were shorter than they are now.
bool Decider::wait_longer() {
  if (state().attempt != 1 || !state().step_started_at) return false;
  const Time until = *state().step_started_at + policy_.reply_timeout[state().step];
  if (until <= now_) return false;
  state().wake_at = until;
  return true;
}

void Decider::on(const Probe&) {
  if (state().live() && state().waiting_for == WaitingFor::kOperator) probe();
}

void Decider::on(const Hold&) {
  if (!state().live() || state().waiting_for != WaitingFor::kOperator) return;
  state().wake_at = now_ + policy_.probe_interval * policy_.held_probe_intervals;
}

// Probes are not limited as attempts are, but take the next attempt's number, since the outcomes
// that a participant simulates depend on it. A reply lets the saga go on by itself.
void Decider::probe() {
  ++state().attempt;
  resend();
  state().waiting_for = WaitingFor::kOperator;
  state().wake_at = now_ + policy_.probe_interval;
}

void Decider::resend() {
  const std::string reason = state().reason;
  if (state().refund) {
    send_refund();
  } else {
    send(state().step, state().phase == SagaPhase::kUndoing ? Phase::kUndo : Phase::kDo);
  }
  state().reason = reason;
}

void Decider::attempt_failed(const std::string& why) {
  if (state().attempt >= policy_.retry.attempts) {
    const std::string step(name_of(state().step));
    const bool undoing = state().phase == SagaPhase::kUndoing;
    observe(ObservationKind::kExhausted, name_of(state().step));
    need_attention((undoing ? std::string(attention::kUndoFailed) : std::string()) + step + ": " +
                   why);
    return;
  }
  state().waiting_for = WaitingFor::kRetry;
  state().reason = why;
  const Uuid command = state().refund ? state().refund->command_id : id_of(state().step);
  state().wake_at = now_ + backoff(policy_.retry, command, state().attempt);
}

// The answer to a probe leaves it waiting as before, with a better reason.
void Decider::stays_waiting(const std::string& why) {
  if (!state().attention) return need_attention(why);
  state().reason = why;
}

// Once the pivot is passed the order keeps its status: it has its outcome, and something that
// follows is late.
void Decider::need_attention(const std::string& why) {
  state().attention = true;
  if (!committed()) state().status = OrderStatus::kNeedsAttention;
  state().waiting_for = WaitingFor::kOperator;
  state().reason = why;
  state().wake_at = now_ + policy_.probe_interval;
  emit("AttentionNeeded", JsonObject().field("reason", why).text());
}

OrderStatus Decider::status_of_progress() const {
  if (out_.state.phase == SagaPhase::kUndoing) return OrderStatus::kCancelling;
  for (int step = out_.state.step - 1; step >= 0; --step) {
    if (const auto status = parse_order_status(step_at(step).done_status)) return *status;
  }
  return OrderStatus::kPendingPayment;
}

void Decider::resolve_attention() {
  if (!state().attention) return;
  state().attention = false;
  state().reason.clear();
  if (!committed()) state().status = status_of_progress();
  emit("AttentionResolved", "{}");
}

void Decider::on(const Poisoned& poisoned) {
  if (!state().live() || state().attention) return;
  if (state().waiting_for == WaitingFor::kStart) return;  // Its own wake-up starts it.
  need_attention(std::string(attention::kPoison) + poisoned.reason);
}

// The probes that follow send the command again, and it goes out once Kafka takes it.
void Decider::on(const Unsendable& unsendable) {
  if (!state().live() || state().refund || state().attention) return;
  if (state().waiting_for != WaitingFor::kReply) return;  // It was of a course that is over.
  need_attention(std::string(attention::kUnsendable) + unsendable.reason);
}

}  // namespace detail
}  // namespace orderflow::saga
