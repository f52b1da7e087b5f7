#include <string>
#include <utility>

#include "core/json/text.hpp"
#include "events/ids.hpp"
#include "saga/order/decider.hpp"

// Refunds after the sale: the saga has ended, its owner sends one command at a time. Attempts,
// probes and alarms are those of a step, but there is no end to them except an answer.
namespace orderflow::saga::detail {

void Decider::handle(const Request& request, const Refund& refund) {
  if (state().live() && !state().refund) {
    return refuse(request, "saga_running", "the order is still being processed; cancel it instead");
  }
  const bool captured = state().status == OrderStatus::kDeliveryScheduled ||
                        state().status == OrderStatus::kDelivered;
  if (!captured || state().payment_id != refund.payment_id) {
    return refuse(request, "not_captured", "there is no captured payment to refund");
  }
  if (state().refund) {
    out_.deferred = true;  // One after the other.
    return;
  }
  const std::int64_t left = facts_.total.amount - state().refunded_amount;
  const std::int64_t amount = refund.amount.value_or(left);
  if (amount <= 0 || amount > left) {
    return refuse(request, "exceeds_captured",
                  "at most " + std::to_string(left) + " minor units can still be refunded");
  }
  state().refund = PendingRefund{request.id, events::refund_id(request.id), amount};
  begin_attempts(refund_step(*facts_.definition));
  job_runs(request);
  send_refund();
}

void Decider::send_refund() {
  state().waiting_for = WaitingFor::kReply;
  state().reason.clear();
  state().wake_at = now_ + policy_.reply_timeout[state().step];
  out_.commands.emplace_back(RefundCommand{*state().refund, state().attempt});
}

void Decider::refund_reply(const ReplyReceived& received) {
  const events::Reply& reply = received.reply;
  if (reply.outcome == events::ReplyOutcome::kFailed) return reply_failed(received);
  const bool done = reply.outcome == events::ReplyOutcome::kDone;
  resolve_attention();
  observe(ObservationKind::kStepEnded, kRefundName, done ? "done" : "refused");
  const PendingRefund refund = *state().refund;
  state().refund.reset();
  state().step = static_cast<int>(facts_.definition->pivot);
  state().waiting_for = WaitingFor::kNothing;
  state().wake_at.reset();
  state().reason.clear();
  state().attempt = 0;
  std::string data = core::JsonObject()
                         .field("amount", Money{refund.amount, facts_.total.currency})
                         .field("code", reply.code)
                         .field("request_id", refund.request_id)
                         .text();
  if (done) {
    state().refunded_amount += refund.amount;
    emit("RefundCompleted", data);
    out_.requests.push_back({refund.request_id, JobState::kDone, {}, {}, std::move(data)});
  } else {
    emit("RefundRefused", std::move(data));
    out_.requests.push_back({refund.request_id, JobState::kRefused, reply.code, reply.detail, {}});
  }
}

}  // namespace orderflow::saga::detail
