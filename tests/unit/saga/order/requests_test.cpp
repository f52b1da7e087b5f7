#include "tests/unit/saga/order/conversation.hpp"

namespace orderflow::saga::testing {

TEST_CASE("a cancel before the payment's reply undoes the payment", "[P3]") {
  Conversation saga;
  saga.place();
  saga.request("cancel");
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
  saga.request("cancel");
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
  saga.request("cancel");
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
  saga.request("cancel");
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
  saga.request("cancel");
  CHECK(saga.jobs() == "refused:too_late");
  CHECK(saga.status() == "DELIVERY_SCHEDULED");
}

TEST_CASE("a cancel of an order nobody has looked at yet ends it without commands") {
  Conversation saga;
  saga.request("cancel");
  CHECK(saga.status() == "CANCELLED");
  CHECK(saga.sent().empty());
  CHECK(saga.history() == "OrderPlaced CancelRequested OrderCancelled");
}

TEST_CASE("an undo that gets no reply is tried again, then waits for a person", "[P6]") {
  Conversation saga;
  saga.place();
  saga.request("cancel");
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
  saga.request("confirm");
  CHECK(saga.jobs() == "done");
  CHECK(saga.sent() == "do payment #1");
  CHECK(saga.status() == "PENDING_PAYMENT");
  saga.request("confirm", 8);
  CHECK(saga.jobs() == "refused:not_a_draft");
}

TEST_CASE("a refund while the saga runs is refused; afterwards it is paid back once") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.request("refund");
  CHECK(saga.jobs() == "refused:saga_running");
  saga.done(kDeliveryStep);

  Request part;
  part.id = core::Uuid{{42}};
  part.kind = "refund";
  part.amount = 9999;
  part.payment_id = saga.state().payment_id;
  saga.request(part);
  CHECK(saga.sent() == "refund");
  CHECK(saga.state().live());
  events::Reply paid;
  paid.command_id = saga.state().refund->command_id;
  saga.hear(paid);
  CHECK(saga.jobs() == "done");
  CHECK(saga.state().refunded_amount == 9999);
  CHECK_FALSE(saga.state().live());

  part.id = core::Uuid{{43}};
  part.amount = 20001;
  saga.request(part);
  CHECK(saga.jobs() == "refused:exceeds_captured");
}

TEST_CASE("a second refund waits for the first") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.done(kDeliveryStep);
  saga.request("refund", 1);
  const auto second = saga.request("refund", 2);
  CHECK(second.deferred);
  CHECK(second.requests.empty());
}

TEST_CASE("a refund without a reply is asked for again under the same id", "[P2]") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.done(kDeliveryStep);
  const auto first = saga.request("refund");
  const auto again = saga.wake();
  CHECK(saga.sent() == "refund");
  CHECK(std::get<RefundCommand>(first.commands.front()).refund ==
        std::get<RefundCommand>(again.commands.front()).refund);
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
  saga.request("cancel");
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
    const char* target;
    const char* job;
  };
  const Case cases[] = {
      {"delivered by hand",
       [](Conversation& s) {
         s.place();
         s.done(kPaymentStep);
         s.done(kDeliveryStep);
       },
       "DELIVERED", "done"},
      {"paid by hand", [](Conversation& s) { s.place(); }, "PAID", "refused:illegal_transition"},
      {"reopened",
       [](Conversation& s) {
         s.place();
         s.refused(kPaymentStep, "card_declined");
       },
       "PENDING_PAYMENT", "running"},
      {"cancelled",
       [](Conversation& s) {
         s.place();
         s.refused(kPaymentStep, "card_declined");
       },
       "CANCELLED", "running, done"},
      {"resumed",
       [](Conversation& s) {
         s.place();
         s.hear(Poisoned{"x"});
       },
       "PENDING_PAYMENT", "done"},
      {"nonsense", [](Conversation& s) { s.place(); }, "BANANA", "refused:illegal_transition"},
  };
  for (const auto& one : cases) {
    INFO(one.name);
    Conversation saga;
    one.arrange(saga);
    Request request;
    request.id = core::Uuid{{5}};
    request.kind = "set_status";
    request.target_status = one.target;
    request.actor = "operator";
    saga.request(request);
    CHECK(saga.jobs() == one.job);
  }
}

TEST_CASE("a request to pay charges an unpaid order now and once", "[P2]") {
  Conversation saga;
  saga.place();
  saga.failed(kPaymentStep);
  saga.request("pay");
  CHECK(saga.sent() == "do payment #2");
  saga.done(kPaymentStep);
  CHECK(saga.jobs() == "done");
  saga.request("pay", 8);
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
  saga.request("pay");
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
  saga.request("retry", 1);
  saga.request("cancel", 2);
  CHECK(saga.jobs() == "refused:superseded, running");
}

}  // namespace orderflow::saga::testing
