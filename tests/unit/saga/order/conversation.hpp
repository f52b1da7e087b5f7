#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "events/ids.hpp"
#include "saga/order/decide.hpp"
#include "saga/order/order_saga.hpp"

namespace orderflow::saga::testing {

// A saga under test as a conversation: say what comes in, look at what goes out.
class Conversation {
 public:
  Conversation() : Conversation(kOrderSaga) {}
  explicit Conversation(const Definition& saga) {
    facts_.definition = &saga;
    state_.steps = StepStates(saga);
    facts_.order_id = core::ShardKey(core::Uuid{{1, 2, 3}});
    facts_.user_id = core::ShardKey(core::Uuid{{9}});
    facts_.total = {29999, "USD"};
    facts_.delivery_address = R"({"name":"Alice"})";
    facts_.trace = {"test", core::new_traceparent()};
    policy_.retry.attempts = 3;
    policy_.retry.backoff_initial = std::chrono::milliseconds{100};
  }

  Decision hear(const Input& input) {
    last_ = decide(state_, facts_, input, now_, policy_);
    state_ = last_.state;
    for (const auto& event : last_.events) {
      // As whoever reads it back from the database writes it, or it would be published changed.
      CHECK(event.data == nlohmann::json::parse(event.data).dump());
      history_.push_back(event);
    }
    return last_;
  }
  // Lets the wake-up come due and delivers it.
  Decision wake() {
    REQUIRE(state_.wake_at.has_value());
    now_ = *state_.wake_at;
    return hear(Wake{});
  }
  void wait(core::Duration time) { now_ += time; }
  Decision place() { return hear(Start{}); }
  Decision reply(int step, events::Phase phase, events::ReplyOutcome outcome,
                 const std::string& code = {}, std::string data = "{}", int attempt = 0) {
    events::Reply reply;
    reply.command_id =
        events::command_id(facts_.order_id.uuid, state_.round, step_name(*facts_.definition, step));
    reply.order_id = facts_.order_id.uuid;
    reply.phase = phase;
    reply.outcome = outcome;
    reply.code = code;
    reply.data = std::move(data);
    // 0: the present one
    return hear(ReplyReceived{reply, attempt > 0 ? attempt : std::max(state_.attempt, 1)});
  }
  Decision done(int step) { return reply(step, events::Phase::kDo, events::ReplyOutcome::kDone); }
  Decision answered(int step, int attempt) {
    return reply(step, events::Phase::kDo, events::ReplyOutcome::kDone, {}, "{}", attempt);
  }
  Decision refused(int step, const std::string& code) {
    return reply(step, events::Phase::kDo, events::ReplyOutcome::kRefused, code);
  }
  Decision failed(int step, int attempt = 0) {
    return reply(step, events::Phase::kDo, events::ReplyOutcome::kFailed, "gateway_down", "{}",
                 attempt);
  }
  Decision undone(int step, bool voided = false) {
    return reply(step, events::Phase::kUndo, events::ReplyOutcome::kDone, {},
                 voided ? R"({"voided":true})" : R"({"voided":false})");
  }
  Decision too_late(int step) {
    return reply(step, events::Phase::kUndo, events::ReplyOutcome::kRefused, "too_late");
  }
  Decision request(RequestKind kind, std::uint8_t number = 7) {
    return hear(Request{core::Uuid{{number, number}}, "customer", {}, facts_.trace, kind});
  }
  // Of what was captured; without an amount all of it.
  Decision refund(std::uint8_t number = 7, std::optional<std::int64_t> amount = {}) {
    return request(Refund{state_.payment_id.value_or(core::Uuid{}), amount}, number);
  }
  Decision report() {
    events::DeliveryReport report;
    report.delivery_id = events::command_id(facts_.order_id.uuid, state_.round, "delivery");
    report.order_id = facts_.order_id.uuid;
    report.report = "DELIVERED";
    return hear(report);
  }

  [[nodiscard]] std::string status() const { return std::string(to_text(state_.status)); }
  // The types of all events so far, e.g. "OrderPlaced PaymentCaptured".
  [[nodiscard]] std::string history() const {
    std::string text;
    for (const auto& event : history_) text += (text.empty() ? "" : " ") + event.type;
    return text;
  }
  // What the last decision sends, e.g. "do payment #1, undo delivery #2".
  [[nodiscard]] std::string sent() const {
    std::string text;
    for (const auto& command : last_.commands) {
      if (!text.empty()) text += ", ";
      if (const auto* step = std::get_if<StepCommand>(&command)) {
        text += step->phase == events::Phase::kUndo ? "undo " : "do ";
        text += step_name(*facts_.definition, step->step);
        text += " #" + std::to_string(step->attempt);
      } else if (std::holds_alternative<RefundCommand>(command)) {
        text += "refund";
      } else {
        text += "acknowledge";
      }
    }
    return text;
  }
  // The last decision's job updates, e.g. "running", "refused:too_late".
  [[nodiscard]] std::string jobs() const {
    std::string text;
    for (const auto& update : last_.requests) {
      if (!text.empty()) text += ", ";
      text += std::string(to_text(update.state)) + (update.code.empty() ? "" : ":" + update.code);
    }
    return text;
  }
  void advance(core::Duration by) { now_ += by; }

  State& state() { return state_; }
  OrderFacts& facts() { return facts_; }
  Policy& policy() { return policy_; }
  [[nodiscard]] core::Time now() const { return now_; }

 private:
  OrderFacts facts_;
  State state_;
  Policy policy_;
  core::Time now_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  Decision last_;
  std::vector<events::OrderEvent> history_;
};

}  // namespace orderflow::saga::testing
