#pragma once

#include <string>
#include <string_view>

#include "saga/order/decide.hpp"
#include "saga/order/order_saga.hpp"

namespace orderflow::saga::detail {

// One call of decide(): holds the decision while it forms. Split by topic over decide.cpp (the
// saga's own course) and requests.cpp (what people and the carrier ask).
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
  void on(const events::Reply& reply);
  void on(const events::DeliveryReport& report);
  void on(const Request& request);
  void on(const Poisoned& poisoned);

  [[nodiscard]] Decision take() && { return std::move(out_); }

 private:
  State& state() { return out_.state; }
  [[nodiscard]] const Step& step_at(int index) const { return facts_.definition->steps[index]; }
  [[nodiscard]] Uuid id_of(int step) const;

  // The forward course.
  void place();
  void begin_attempts(int step);
  void start_step(int step);
  void step_done(int step, std::string data);
  void step_refused(int step, const events::Reply& reply);
  void advance();
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
  void attempt_failed(const std::string& why);
  void need_attention(const std::string& why);
  void resolve_attention();
  [[nodiscard]] OrderStatus status_of_progress() const;

  // Later refunds.
  void start_refund(const Request& request);
  void send_refund();
  void refund_reply(const events::Reply& reply);

  // What operators ask.
  void resume(const Request& request);
  void pause(const Request& request);
  void skip(const Request& request);

  // Requests.
  void confirm(const Request& request);
  void cancel(const Request& request);
  void retry(const Request& request);
  void resume_payment(const Request& request);
  [[nodiscard]] bool waits_for_payment() const;
  void pay(const Request& request);
  void set_status(const Request& request);
  void new_round();
  void delivered(std::string_view reported_by);
  void open(const Request& request);
  void close_open_request(std::string state, std::string code = {}, std::string detail = {});
  void accept(const Request& request, std::string state);
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
