#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "saga/order/decide.hpp"
#include "saga/order/order_saga.hpp"

namespace orderflow::saga::detail {

// One call of decide(): holds the decision while it forms. Split by topic over decide.cpp (the
// saga's own course), decider_reports.cpp (the carrier's report), decider_requests.cpp (what
// customers ask), decider_operators.cpp (what operators ask) and decider_refunds.cpp.
class Decider {
 public:
  Decider(const State& state, const OrderFacts& facts, Time now, const Policy& policy)
      : facts_(facts), now_(now), policy_(policy), trace_(facts.trace) {
    out_.state = state;
  }

  void on(const Start&);
  void on(const Wake&);
  void on(const Probe&);
  void on(const Hold&);
  void on(const ReplyReceived& received);
  void on(const events::DeliveryReport& report);
  void on(const Request& request);
  void on(const UnreadableRequest& request);
  void on(const Poisoned& poisoned);
  void on(const Unsendable& unsendable);

  [[nodiscard]] Decision take() && { return std::move(out_); }

 private:
  State& state() { return out_.state; }
  [[nodiscard]] const Step& step_at(int index) const { return facts_.definition->steps[index]; }
  [[nodiscard]] std::string_view name_of(int step) const {
    return step_name(*facts_.definition, step);
  }
  [[nodiscard]] Uuid id_of(int step) const;
  // Nothing is undone any more: the pivot is passed, or the saga has ended.
  [[nodiscard]] bool committed() const;

  // The forward course.
  void place();
  void begin_attempts(int step);
  void start_step(int step);
  void step_done(int step, std::string data);
  void go_on_to(int step, std::string data);
  void pass_pivot(OrderStatus status, std::string_view event, std::string data);
  void step_refused(int step, const events::Reply& reply);
  void finish(OrderStatus status, std::string_view event, std::string data);

  // The way back.
  void begin_undo();
  void undo_next();
  void step_undone(int step, std::string data);
  void undo_refused(int step, const events::Reply& reply);
  void undo_too_late(int step);

  // Waiting, trying again, giving up.
  void send(int step, events::Phase phase);
  bool wait_longer();
  void resend();
  void probe();
  void reply_failed(const ReplyReceived& received);
  void attempt_failed(const std::string& why);
  void need_attention(const std::string& why);
  void stays_waiting(const std::string& why);
  void resolve_attention();
  [[nodiscard]] OrderStatus status_of_progress() const;

  // What people ask. Each refuses, or changes the course and says what becomes of its job.
  void handle(const Request& request, const Confirm&);
  void handle(const Request& request, const Cancel&);
  void handle(const Request& request, const Retry&);
  void handle(const Request& request, const Pay&);
  void handle(const Request& request, const Refund& refund);
  void handle(const Request& request, const SetStatus& set);
  void handle(const Request& request, const Resume&);
  void handle(const Request& request, const Pause&);
  void handle(const Request& request, const Skip& skip);
  void handle(const Request& request, const ReleaseEvents&);

  // Changes of the course that requests are made of: they presume that they may happen, and say
  // nothing of jobs.
  void confirm_draft();
  void new_round();
  void begin_attempts_anew();
  void pay_now();
  void note_cancel(const Request& request);
  void delivered(std::string_view reported_by);
  [[nodiscard]] bool waits_for_payment() const;
  [[nodiscard]] std::optional<RequestKind> request_leading_to(OrderStatus target) const;

  // Refunds after the sale.
  void send_refund();
  void refund_reply(const ReplyReceived& received);

  // What becomes of jobs. One runs until the course that its request changed has ended; a newer one
  // supersedes it.
  void job_done(const Request& request);
  void job_runs(const Request& request);
  void job_runs_with_course(const Request& request);
  void close_open_request(JobState job, std::string code = {}, std::string detail = {});
  void refuse(const Request& request, std::string code, std::string detail);

  void emit(std::string_view type, std::string data);
  void observe(ObservationKind kind, std::string_view step, std::string_view outcome = {});
  void set_status_text(std::string_view text);

  const OrderFacts& facts_;
  Time now_;
  const Policy& policy_;
  Trace trace_;  // Of the input when it has one of its own, else of the order.
  std::string actor_ = "orderflow";
  int answered_attempt_ = 0;  // Of the reply that is being judged.
  Decision out_;
};

}  // namespace orderflow::saga::detail
