#include <algorithm>
#include <utility>

#include "core/json/text.hpp"
#include "saga/order/decider.hpp"

namespace orderflow::saga::detail {

using core::JsonObject;

void Decider::on(const Request& request) {
  trace_ = request.trace;
  actor_ = request.actor;
  if (request.kind == "confirm") return confirm(request);
  if (request.kind == "cancel") return cancel(request);
  if (request.kind == "retry") return retry(request);
  if (request.kind == "pay") return pay(request);
  if (request.kind == "refund") return start_refund(request);
  if (request.kind == "resume") return resume(request);
  if (request.kind == "pause") return pause(request);
  if (request.kind == "skip") return skip(request);
  if (request.kind == "set_status") return set_status(request);
  refuse(request, "unknown_request", "this kind of request is not known");
}

// ---- bookkeeping of jobs ------------------------------------------------------------------------

void Decider::accept(const Request& request, std::string state) {
  out_.requests.push_back({request.id, std::move(state), {}, {}, {}});
}

void Decider::refuse(const Request& request, std::string code, std::string detail) {
  out_.requests.push_back({request.id, "refused", std::move(code), std::move(detail), {}});
}

// The request's job runs until the course it started has ended. A newer one supersedes the older.
void Decider::open(const Request& request) {
  close_open_request("refused", "superseded", "a later request changed the course");
  state().open_request = request.id;
  accept(request, "running");
}

void Decider::close_open_request(std::string state_text, std::string code, std::string detail) {
  if (!state().open_request) return;
  std::string result = JsonObject().field("status", to_text(state().status)).text();
  out_.requests.push_back({*state().open_request, std::move(state_text), std::move(code),
                           std::move(detail), std::move(result)});
  state().open_request.reset();
}

// ---- the kinds of request -----------------------------------------------------------------------

void Decider::confirm(const Request& request) {
  if (state().phase != SagaPhase::kDraft) {
    refuse(request, "not_a_draft", "only a draft can be confirmed");
    return;
  }
  state().phase = SagaPhase::kRunning;
  state().status = OrderStatus::kPendingPayment;
  place();
  emit("OrderConfirmed", "{}");
  start_step(0);
  accept(request, "done");
}

void Decider::cancel(const Request& request) {
  const auto note_reason = [&] {
    state().failure_code = "cancelled";
    state().failure_detail = request.reason.empty() ? "cancelled on request" : request.reason;
  };
  if (state().phase == SagaPhase::kDraft || state().status == OrderStatus::kPaymentFailed) {
    place();
    note_reason();
    open(request);
    finish(OrderStatus::kCancelled, "OrderCancelled",
           JsonObject().field("reason", request.reason).text());
    return;
  }
  switch (state().phase) {
    case SagaPhase::kRunning:
      place();
      open(request);
      note_reason();
      state().attention = false;
      state().status = OrderStatus::kCancelling;
      emit("CancelRequested", JsonObject().field("reason", request.reason).text());
      begin_undo();
      return;
    case SagaPhase::kUndoing:
      if (state().open_request) {
        refuse(request, "already_cancelling", "the order is being cancelled by another request");
      } else {
        open(request);
      }
      return;
    default: break;
  }
  if (state().status == OrderStatus::kCancelled) {
    accept(request, "done");
    return;
  }
  refuse(request, "too_late", "the delivery is scheduled; ask for a refund instead");
}

// A new round charges anew: its commands have other ids, so the last round's refusals do not answer
// for it. All barriers of the last round are final once the order is PAYMENT_FAILED.
void Decider::new_round() {
  ++state().round;
  state().phase = SagaPhase::kRunning;
  state().status = OrderStatus::kPendingPayment;
  std::fill(state().steps.begin(), state().steps.end(), step_state::kNotStarted);
  state().failure_code.clear();
  state().failure_detail.clear();
  state().payment_id.reset();
  state().delivery_id.reset();
  emit("OrderRetried", JsonObject().field("round", state().round).text());
  start_step(0);
}

// Resuming is the means here; the job ends with the payment, not before.
void Decider::resume_payment(const Request& request) {
  resume(request);
  out_.requests.clear();
  open(request);
}

void Decider::retry(const Request& request) {
  if (state().attention && !state().paused()) {
    return waits_for_payment() ? resume_payment(request) : resume(request);
  }
  if (state().status != OrderStatus::kPaymentFailed) {
    refuse(request, "not_failed", "only an order whose payment failed can be retried");
    return;
  }
  open(request);
  new_round();
}

bool Decider::waits_for_payment() const {
  return out_.state.phase == SagaPhase::kRunning && out_.state.step == kPaymentStep;
}

void Decider::pay(const Request& request) {
  switch (state().status) {
    case OrderStatus::kPaymentFailed: return retry(request);
    case OrderStatus::kDraft:
      confirm(request);
      out_.requests.clear();  // Confirming is the means here; the job ends with the payment.
      open(request);
      return;
    case OrderStatus::kPendingPayment:
      open(request);
      if (state().waiting_for == WaitingFor::kStart) return on(Start{});
      if (state().waiting_for == WaitingFor::kRetry) {
        ++state().attempt;
        resend();
      }
      return;
    case OrderStatus::kNeedsAttention:
      if (state().paused()) {
        refuse(request, "paused", "an operator holds the order; try again once it is resumed");
        return;
      }
      if (waits_for_payment()) return resume_payment(request);
      break;
    default: break;
  }
  const bool cancelled =
      state().status == OrderStatus::kCancelled || state().status == OrderStatus::kCancelling;
  if (cancelled) {
    refuse(request, "cancelled", "the order is cancelled; place a new one");
  } else {
    refuse(request, "already_paid", "the order is already paid");
  }
}

void Decider::set_status(const Request& request) {
  const auto target = parse_order_status(request.target_status);
  const OrderStatus from = state().status;
  if (target == OrderStatus::kCancelled || target == OrderStatus::kCancelling) {
    return cancel(request);
  }
  if (from == OrderStatus::kNeedsAttention && target == status_of_progress()) {
    return resume(request);
  }
  if (target == OrderStatus::kPendingPayment && from == OrderStatus::kDraft) {
    return confirm(request);
  }
  if (target == OrderStatus::kPendingPayment && from == OrderStatus::kPaymentFailed) {
    return retry(request);
  }
  if (target == OrderStatus::kDelivered && from == OrderStatus::kDeliveryScheduled) {
    delivered(request.actor);
    accept(request, "done");
    return;
  }
  refuse(request, "illegal_transition",
         "an order cannot go from " + std::string(to_text(from)) + " to " + request.target_status);
}

// ---- later refunds ------------------------------------------------------------------------------

void Decider::start_refund(const Request& request) {
  if (state().live() && !state().refund) {
    refuse(request, "saga_running", "the order is still being processed; cancel it instead");
    return;
  }
  const bool captured = state().status == OrderStatus::kDeliveryScheduled ||
                        state().status == OrderStatus::kDelivered;
  if (!captured || state().payment_id != request.payment_id) {
    refuse(request, "not_captured", "there is no captured payment to refund");
    return;
  }
  if (state().refund) {
    out_.deferred = true;  // One after the other.
    return;
  }
  const std::int64_t left = facts_.total.amount - state().refunded_amount;
  const std::int64_t amount = request.amount.value_or(left);
  if (amount <= 0 || amount > left) {
    refuse(request, "exceeds_captured",
           "at most " + std::to_string(left) + " minor units can still be refunded");
    return;
  }
  state().refund = PendingRefund{request.id, core::derived_uuid(request.id, "refund"), amount};
  state().attempt = 1;
  accept(request, "running");
  send_refund();
}

void Decider::send_refund() {
  state().waiting_for = WaitingFor::kReply;
  const Duration pause =
      std::max(policy_.reply_timeout[kPaymentStep],
               state().attempt > policy_.retry.attempts ? policy_.probe_interval : Duration{0});
  state().wake_at = now_ + pause;
  out_.commands.emplace_back(RefundCommand{*state().refund, state().attempt});
}

void Decider::refund_reply(const events::Reply& reply) {
  if (reply.outcome == events::ReplyOutcome::kFailed) return;  // The wake-up asks again.
  const PendingRefund refund = *state().refund;
  state().refund.reset();
  state().waiting_for = WaitingFor::kNothing;
  state().wake_at.reset();
  state().attempt = 0;
  std::string data = JsonObject()
                         .field("amount", Money{refund.amount, facts_.total.currency})
                         .field("code", reply.code)
                         .field("request_id", refund.request_id)
                         .text();
  if (reply.outcome == events::ReplyOutcome::kDone) {
    state().refunded_amount += refund.amount;
    emit("RefundCompleted", data);
    out_.requests.push_back({refund.request_id, "done", {}, {}, std::move(data)});
  } else {
    emit("RefundRefused", std::move(data));
    out_.requests.push_back({refund.request_id, "refused", reply.code, reply.detail, {}});
  }
}

// ---- the carrier's report -----------------------------------------------------------------------

void Decider::on(const events::DeliveryReport& report) {
  const bool ours = report.delivery_id == id_of(kDeliveryStep);
  if (ours && state().phase == SagaPhase::kRunning && !state().paused() &&
      state().step == kDeliveryStep && state().steps[kDeliveryStep] == step_state::kSent) {
    // The reply got lost on its way; the report says as much and more.
    step_done(kDeliveryStep, JsonObject().field("delivery_id", report.delivery_id).text());
  }
  if (state().phase != SagaPhase::kEnded) return;  // Not acknowledged, so it will come again.
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
