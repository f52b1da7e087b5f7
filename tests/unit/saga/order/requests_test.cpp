#include "tests/unit/saga/order/conversation.hpp"

namespace orderflow::saga::testing {

TEST_CASE("a cancel before the payment's reply undoes the payment", "[P3]") {
  Conversation saga;
  saga.place();
  saga.request(Cancel{});
  CHECK(saga.status() == "CANCELLING");
  CHECK(saga.sent() == "undo payment #1");
  CHECK(saga.jobs() == "running");
  saga.undone(kPaymentStep, true);
  CHECK(saga.status() == "CANCELLED");
  CHECK(saga.jobs() == "done");
  CHECK(saga.history() == "OrderPlaced CancelRequested OrderCancelled");
}

TEST_CASE("a late reply after undo changes nothing", "[P2]") {
  Conversation saga;
  saga.place();
  saga.request(Cancel{});
  const State undoing = saga.state();
  saga.done(kPaymentStep);  // The capture's late answer.
  CHECK(saga.state() == undoing);
  saga.undone(kPaymentStep);
  saga.done(kPaymentStep);
  CHECK(saga.status() == "CANCELLED");
  CHECK_FALSE(saga.state().live());
}

TEST_CASE("a cancel undoes delivery first, then payment") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.request(Cancel{});
  CHECK(saga.sent() == "undo delivery #1");
  saga.undone(kDeliveryStep);
  CHECK(saga.sent() == "undo payment #1");
  saga.undone(kPaymentStep);
  CHECK(saga.status() == "CANCELLED");
}

TEST_CASE("an undo refused as too late sends the saga forward with nothing undone", "[P3]") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.request(Cancel{});
  saga.too_late(kDeliveryStep);
  CHECK(saga.status() == "DELIVERED");
  CHECK(saga.jobs() == "refused:too_late");
  CHECK(saga.history().find("PaymentRefunded") == std::string::npos);
}

TEST_CASE("a cancel after the pivot is refused") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.done(kDeliveryStep);
  saga.request(Cancel{});
  CHECK(saga.jobs() == "refused:too_late");
  CHECK(saga.status() == "DELIVERY_SCHEDULED");
}

TEST_CASE("a cancel of an order nobody has looked at yet ends it without commands") {
  Conversation saga;
  saga.request(Cancel{});
  CHECK(saga.status() == "CANCELLED");
  CHECK(saga.sent().empty());
  CHECK(saga.history() == "OrderPlaced CancelRequested OrderCancelled");
}

TEST_CASE("an undo that gets no reply is tried again, then waits for a person", "[P6]") {
  Conversation saga;
  saga.place();
  saga.request(Cancel{});
  for (int attempt = 1; attempt < 3; ++attempt) {
    saga.wake();
    saga.wake();
    CHECK(saga.sent() == "undo payment #" + std::to_string(attempt + 1));
  }
  saga.wake();
  CHECK(saga.status() == "NEEDS_ATTENTION");
  CHECK(saga.state().reason == "undo_failed: payment: no_reply_in_time");
  saga.undone(kPaymentStep);
  CHECK(saga.status() == "CANCELLED");
}

TEST_CASE("a draft starts when it is confirmed, once") {
  Conversation saga;
  saga.state().phase = SagaPhase::kDraft;
  saga.state().status = OrderStatus::kDraft;
  saga.state().waiting_for = WaitingFor::kNothing;
  saga.place();
  CHECK(saga.history().empty());
  saga.request(Confirm{});
  CHECK(saga.jobs() == "done");
  CHECK(saga.sent() == "do payment #1");
  CHECK(saga.status() == "PENDING_PAYMENT");
  saga.request(Confirm{}, 8);
  CHECK(saga.jobs() == "refused:not_a_draft");
}

TEST_CASE("a refund while the saga runs is refused; afterwards it is paid back once") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.refund();
  CHECK(saga.jobs() == "refused:saga_running");
  saga.done(kDeliveryStep);

  saga.refund(42, 9999);
  CHECK(saga.sent() == "refund");
  CHECK(saga.state().live());
  events::Reply paid;
  paid.command_id = saga.state().refund->command_id;
  saga.hear(ReplyReceived{paid});
  CHECK(saga.jobs() == "done");
  CHECK(saga.state().refunded_amount == 9999);
  CHECK_FALSE(saga.state().live());

  saga.refund(43, 20001);
  CHECK(saga.jobs() == "refused:exceeds_captured");
}

TEST_CASE("a second refund waits for the first") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.done(kDeliveryStep);
  saga.refund(1);
  const auto second = saga.refund(2);
  CHECK(second.deferred);
  CHECK(second.requests.empty());
}

TEST_CASE("a refund without a reply is asked for again under the same id", "[P2]") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.done(kDeliveryStep);
  const auto first = saga.refund();
  CHECK(saga.wake().state.waiting_for == WaitingFor::kRetry);
  const auto again = saga.wake();
  REQUIRE(saga.sent() == "refund");
  CHECK(std::get<RefundCommand>(first.commands.front()).refund ==
        std::get<RefundCommand>(again.commands.front()).refund);
}

TEST_CASE("a refund that nobody answers is named, probed, and goes on with the answer", "[P6]") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.done(kDeliveryStep);
  saga.refund();
  while (!saga.state().attention) saga.wake();
  CHECK(saga.state().attempt == saga.policy().retry.attempts);
  CHECK(saga.state().reason == "refund: no_reply_in_time");
  CHECK(current_step(saga.state()) == "refund");
  CHECK(saga.status() == "DELIVERY_SCHEDULED");  // The order has its outcome.
  CHECK(saga.wake().state.waiting_for == WaitingFor::kOperator);
  CHECK(saga.sent() == "refund");
  CHECK(saga.hear(Hold{}).commands.empty());
  saga.hear(Probe{});
  CHECK(saga.sent() == "refund");

  SECTION("an operator may have it asked for at once, and not skip it") {
    saga.request(Skip{saga.state().refund->command_id, CommandOutcome::kDone}, 8);
    CHECK(saga.jobs() == "refused:not_settled");
    saga.request(Retry{}, 9);
    CHECK(saga.sent() == "refund");
    CHECK_FALSE(saga.state().attention);
  }
  events::Reply paid;
  paid.command_id = saga.state().refund->command_id;
  const auto seen = saga.hear(ReplyReceived{paid, saga.state().attempt}).observations;
  CHECK_FALSE(saga.state().live());
  CHECK_FALSE(saga.state().attention);
  CHECK(saga.state().refunded_amount == 29999);
  CHECK(saga.history().ends_with("AttentionNeeded AttentionResolved RefundCompleted"));
  REQUIRE(seen.size() == 1);
  CHECK(seen.front().step == "refund");
}

TEST_CASE("the carrier's report stands in for a lost delivery reply", "[P1]") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.report();
  CHECK(saga.status() == "DELIVERED");
  CHECK(saga.sent() == "acknowledge");
  CHECK(saga.history() == "OrderPlaced PaymentCaptured DeliveryScheduled OrderDelivered");
}

TEST_CASE("a report during an undo is not acknowledged, so it comes again") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.request(Cancel{});
  saga.report();
  CHECK(saga.sent().empty());
  saga.too_late(kDeliveryStep);
  saga.report();
  CHECK(saga.sent() == "acknowledge");
  CHECK(saga.status() == "DELIVERED");
}

TEST_CASE("an operator can only make legal transitions") {
  struct Case {
    const char* name;
    void (*arrange)(Conversation&);
    OrderStatus target;
    const char* job;
  };
  const Case cases[] = {
      {"delivered by hand",
       [](Conversation& s) {
         s.place();
         s.done(kPaymentStep);
         s.done(kDeliveryStep);
       },
       OrderStatus::kDelivered, "done"},
      {"paid by hand", [](Conversation& s) { s.place(); }, OrderStatus::kPaid,
       "refused:illegal_transition"},
      {"reopened",
       [](Conversation& s) {
         s.place();
         s.refused(kPaymentStep, "card_declined");
       },
       OrderStatus::kPendingPayment, "running"},
      {"cancelled",
       [](Conversation& s) {
         s.place();
         s.refused(kPaymentStep, "card_declined");
       },
       OrderStatus::kCancelled, "running, done"},
      {"resumed",
       [](Conversation& s) {
         s.place();
         s.hear(Poisoned{"x"});
       },
       OrderStatus::kPendingPayment, "done"},
  };
  for (const auto& one : cases) {
    INFO(one.name);
    Conversation saga;
    one.arrange(saga);
    saga.request(SetStatus{one.target});
    CHECK(saga.jobs() == one.job);
  }
}

TEST_CASE("a request to pay charges an unpaid order now and once", "[P2]") {
  Conversation saga;
  saga.place();
  saga.failed(kPaymentStep);
  saga.request(Pay{});
  CHECK(saga.sent() == "do payment #2");
  saga.done(kPaymentStep);
  CHECK(saga.jobs() == "done");
  saga.request(Pay{}, 8);
  CHECK(saga.jobs() == "refused:already_paid");
}

// Found by the simulator: the job said done while the card network was still down.
TEST_CASE("a request to pay an order that waits for a person ends with the payment", "[P2]") {
  Conversation saga;
  saga.place();
  saga.failed(kPaymentStep);
  while (saga.status() != "NEEDS_ATTENTION") {
    saga.wake();
    saga.failed(kPaymentStep);
  }
  saga.request(Pay{});
  CHECK(saga.sent() == "do payment #1");
  CHECK(saga.jobs() == "running");
  SECTION("that fails again") {
    saga.failed(kPaymentStep);
    CHECK(saga.jobs().empty());
  }
  SECTION("that succeeds") {
    saga.done(kPaymentStep);
    CHECK(saga.jobs() == "done");
  }
}

TEST_CASE("a cancel supersedes the job that was running") {
  Conversation saga;
  saga.place();
  saga.refused(kPaymentStep, "card_declined");
  saga.request(Retry{}, 1);
  saga.request(Cancel{}, 2);
  CHECK(saga.jobs() == "refused:superseded, running");
}

}  // namespace orderflow::saga::testing
