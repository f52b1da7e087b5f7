#include <utility>

#include "core/json/text.hpp"
#include "saga/order/decider.hpp"

namespace orderflow::saga::detail {

using core::JsonObject;

void Decider::on(const Request& request) {
  trace_ = request.trace;
  actor_ = request.actor;
  std::visit([&](const auto& kind) { handle(request, kind); }, request.kind);
}

void Decider::on(const UnreadableRequest& request) {
  out_.requests.push_back(
      {request.id, JobState::kRefused, "unknown_request", "this kind of request is not known", {}});
}

// ---- what becomes of jobs -----------------------------------------------------------------------

void Decider::job_done(const Request& request) {
  out_.requests.push_back({request.id, JobState::kDone, {}, {}, {}});
}

void Decider::refuse(const Request& request, std::string code, std::string detail) {
  out_.requests.push_back({request.id, JobState::kRefused, std::move(code), std::move(detail), {}});
}

void Decider::job_runs(const Request& request) {
  out_.requests.push_back({request.id, JobState::kRunning, {}, {}, {}});
}

void Decider::job_runs_with_course(const Request& request) {
  close_open_request(JobState::kRefused, "superseded", "a later request changed the course");
  state().open_request = request.id;
  job_runs(request);
}

void Decider::close_open_request(JobState job, std::string code, std::string detail) {
  if (!state().open_request) return;
  std::string result = JsonObject().field("status", to_text(state().status)).text();
  out_.requests.push_back(
      {*state().open_request, job, std::move(code), std::move(detail), std::move(result)});
  state().open_request.reset();
}

// ---- what requests do to the course -------------------------------------------------------------

void Decider::confirm_draft() {
  state().phase = SagaPhase::kRunning;
  state().status = OrderStatus::kPendingPayment;
  place();
  emit("OrderConfirmed", "{}");
  go_on_to(0, "{}");
}

// A new round charges anew: its commands have other ids, so the last round's refusals do not answer
// for it. All barriers of the last round are final once the order is PAYMENT_FAILED.
void Decider::new_round() {
  ++state().round;
  state().phase = SagaPhase::kRunning;
  state().status = OrderStatus::kPendingPayment;
  state().steps.reset();
  state().failure_code.clear();
  state().failure_detail.clear();
  state().payment_id.reset();
  state().delivery_id.reset();
  emit("OrderRetried", JsonObject().field("round", state().round).text());
  go_on_to(0, "{}");
}

void Decider::note_cancel(const Request& request) {
  state().failure_code = "cancelled";
  state().failure_detail = request.reason.empty() ? "cancelled on request" : request.reason;
}

// ---- what customers ask -------------------------------------------------------------------------

void Decider::handle(const Request& request, const Confirm&) {
  if (state().phase != SagaPhase::kDraft) {
    return refuse(request, "not_a_draft", "only a draft can be confirmed");
  }
  confirm_draft();
  job_done(request);
}

void Decider::handle(const Request& request, const Cancel&) {
  if (state().phase == SagaPhase::kDraft || state().status == OrderStatus::kPaymentFailed) {
    place();
    note_cancel(request);
    job_runs_with_course(request);
    return finish(OrderStatus::kCancelled, "OrderCancelled",
                  JsonObject().field("reason", request.reason).text());
  }
  switch (state().phase) {
    case SagaPhase::kRunning:
      if (committed()) break;
      place();
      job_runs_with_course(request);
      note_cancel(request);
      state().attention = false;
      state().status = OrderStatus::kCancelling;
      emit("CancelRequested", JsonObject().field("reason", request.reason).text());
      return begin_undo();
    case SagaPhase::kUndoing:
      if (!state().open_request) return job_runs_with_course(request);
      return refuse(request, "already_cancelling",
                    "the order is being cancelled by another request");
    default: break;
  }
  if (state().status == OrderStatus::kCancelled) return job_done(request);
  refuse(request, "too_late", "the delivery is scheduled; ask for a refund instead");
}

void Decider::handle(const Request& request, const Retry&) {
  if (state().attention && !state().paused()) {
    begin_attempts_anew();
    // Where a payment is tried again the job ends with it.
    return waits_for_payment() ? job_runs_with_course(request) : job_done(request);
  }
  if (state().status != OrderStatus::kPaymentFailed) {
    return refuse(request, "not_failed", "only an order whose payment failed can be retried");
  }
  job_runs_with_course(request);
  new_round();
}

bool Decider::waits_for_payment() const {
  return out_.state.phase == SagaPhase::kRunning && out_.state.step <= kPaymentStep;
}

// Whatever leads to the payment, the job ends with it.
void Decider::handle(const Request& request, const Pay&) {
  switch (state().status) {
    case OrderStatus::kPaymentFailed: job_runs_with_course(request); return new_round();
    case OrderStatus::kDraft: confirm_draft(); return job_runs_with_course(request);
    case OrderStatus::kPendingPayment: job_runs_with_course(request); return pay_now();
    case OrderStatus::kNeedsAttention:
      if (state().paused()) {
        return refuse(request, "paused",
                      "an operator holds the order; try again once it is resumed");
      }
      if (!waits_for_payment()) break;
      begin_attempts_anew();
      return job_runs_with_course(request);
    case OrderStatus::kCancelled:
    case OrderStatus::kCancelling:
      return refuse(request, "cancelled", "the order is cancelled; place a new one");
    default: break;
  }
  refuse(request, "already_paid", "the order is already paid");
}

// Does not wait for the first look or for the end of a pause between attempts.
void Decider::pay_now() {
  if (state().waiting_for == WaitingFor::kStart) return on(Start{});
  if (state().waiting_for != WaitingFor::kRetry) return;
  ++state().attempt;
  resend();
}

}  // namespace orderflow::saga::detail
