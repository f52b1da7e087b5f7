#include "saga/order/decide.hpp"

#include <catch2/generators/catch_generators.hpp>

#include "events/ids.hpp"
#include "tests/unit/saga/order/conversation.hpp"

// The README's promises are named as P1 ... P6.

namespace orderflow::saga::testing {

TEST_CASE("an order is paid, scheduled and later delivered", "[P1]") {
  Conversation saga;
  saga.place();
  CHECK(saga.sent() == "do payment #1");
  CHECK(saga.status() == "PENDING_PAYMENT");
  saga.done(kPaymentStep);
  CHECK(saga.sent() == "do delivery #1");
  CHECK(saga.status() == "PAID");
  saga.done(kDeliveryStep);
  CHECK(saga.sent().empty());
  CHECK(saga.status() == "DELIVERY_SCHEDULED");
  CHECK_FALSE(saga.state().live());
  saga.report();
  CHECK(saga.sent() == "acknowledge");
  CHECK(saga.status() == "DELIVERED");
  CHECK(saga.history() == "OrderPlaced PaymentCaptured DeliveryScheduled OrderDelivered");
}

TEST_CASE("events of an order are numbered without a gap", "[P4]") {
  Conversation saga;
  std::int64_t expected = 0;
  const auto check = [&](const Decision& decision) {
    for (const auto& event : decision.events) CHECK(event.sequence == ++expected);
  };
  check(saga.place());
  check(saga.done(kPaymentStep));
  check(saga.done(kDeliveryStep));
  check(saga.report());
  CHECK(expected == 4);
}

TEST_CASE("repeated inputs change nothing", "[P2]") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  const State before = saga.state();
  saga.place();
  CHECK(saga.state() == before);
  saga.done(kPaymentStep);
  CHECK(saga.state() == before);
  CHECK(saga.sent().empty());
}

TEST_CASE("a wake-up that is not due changes nothing") {
  Conversation saga;
  saga.place();
  const State before = saga.state();
  saga.hear(Wake{});
  CHECK(saga.state() == before);
}

TEST_CASE("a time-out that has become longer holds for what was sent before", "[P6]") {
  Conversation saga;
  saga.place();
  const Time sent = saga.now();
  saga.policy().reply_timeout[kPaymentStep] *= 3;
  saga.wake();
  CHECK(saga.sent().empty());
  CHECK(saga.state().attempt == 1);
  CHECK(saga.state().wake_at == sent + saga.policy().reply_timeout[kPaymentStep]);
  saga.wake();
  saga.wake();
  CHECK(saga.sent() == "do payment #2");
}

TEST_CASE("a failure of an attempt that was given up already does not end the present one",
          "[P6]") {
  Conversation saga;
  saga.place();
  saga.wake();
  saga.wake();
  REQUIRE(saga.sent() == "do payment #2");
  const State before = saga.state();
  saga.failed(kPaymentStep, 1);
  CHECK(saga.state() == before);
  saga.failed(kPaymentStep, 2);
  CHECK(saga.state().waiting_for == WaitingFor::kRetry);
}

TEST_CASE("what is observed of an answer says which attempt it was for", "[P6]") {
  Conversation saga;
  const auto placed = saga.place();
  REQUIRE(placed.observations.size() == 1);
  CHECK(placed.observations.front().attempt == 0);
  saga.wake();
  saga.wake();
  REQUIRE(saga.sent() == "do payment #2");
  const int attempt = GENERATE(1, 2);
  const auto paid = saga.answered(kPaymentStep, attempt);
  REQUIRE(paid.observations.size() == 1);
  CHECK(paid.observations.front().attempt == attempt);
}

TEST_CASE("a refused payment ends the order without undoing anything", "[P2]") {
  Conversation saga;
  saga.place();
  saga.refused(kPaymentStep, "insufficient_funds");
  CHECK(saga.status() == "PAYMENT_FAILED");
  CHECK(saga.state().failure_code == "insufficient_funds");
  CHECK(saga.sent().empty());
  CHECK_FALSE(saga.state().live());
}

TEST_CASE("no carrier: the payment is undone and the order cancelled", "[P3]") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.refused(kDeliveryStep, "no_carrier");
  CHECK(saga.status() == "CANCELLING");
  CHECK(saga.sent() == "undo payment #1");
  saga.undone(kPaymentStep);
  CHECK(saga.status() == "CANCELLED");
  CHECK(saga.state().failure_code == "no_carrier");
  CHECK(saga.history() == "OrderPlaced PaymentCaptured PaymentRefunded OrderCancelled");
}

TEST_CASE("a lost reply: the command is sent again under the same id", "[P1]") {
  Conversation saga;
  const auto first = saga.place();
  saga.wake();  // The time-out: a pause follows.
  CHECK(saga.sent().empty());
  CHECK(saga.state().waiting_for == WaitingFor::kRetry);
  const auto second = saga.wake();
  CHECK(saga.sent() == "do payment #2");
  CHECK(std::get<StepCommand>(first.commands.front()).command_id ==
        std::get<StepCommand>(second.commands.front()).command_id);
}

TEST_CASE("a technical failure is tried again after a bounded pause") {
  Conversation saga;
  saga.place();
  saga.failed(kPaymentStep);
  CHECK(saga.state().waiting_for == WaitingFor::kRetry);
  CHECK(saga.state().reason == "gateway_down");
  REQUIRE(saga.state().wake_at);
  CHECK(*saga.state().wake_at - saga.now() <= saga.policy().retry.backoff_initial);
  saga.wake();
  saga.done(kPaymentStep);
  CHECK(saga.status() == "PAID");
}

TEST_CASE("what a participant says beside its answer may be anything", "[P6]") {
  Conversation saga;
  saga.place();
  saga.request(Cancel{});
  saga.reply(kPaymentStep, events::Phase::kUndo, events::ReplyOutcome::kDone, {},
             R"({"voided":"not a boolean"})");
  CHECK(saga.status() == "CANCELLED");
}

TEST_CASE("when attempts run out the saga waits by name, probes, and goes on by itself", "[P6]") {
  Conversation saga;
  saga.place();
  for (int attempt = 1; attempt < 3; ++attempt) {
    saga.failed(kPaymentStep);
    saga.wake();
  }
  saga.failed(kPaymentStep);
  CHECK(saga.status() == "NEEDS_ATTENTION");
  CHECK(saga.state().reason == "payment: gateway_down");
  CHECK(saga.state().live());
  saga.wake();
  CHECK(saga.sent() == "do payment #4");  // Beyond the limit, and told from those before.
  CHECK(saga.status() == "NEEDS_ATTENTION");
  saga.done(kPaymentStep);
  CHECK(saga.status() == "PAID");
  CHECK(saga.history() == "OrderPlaced AttentionNeeded AttentionResolved PaymentCaptured");
}

TEST_CASE("a poisoned message makes its saga wait for a person") {
  Conversation saga;
  saga.place();
  saga.hear(Poisoned{"22021"});
  CHECK(saga.status() == "NEEDS_ATTENTION");
  CHECK(saga.state().reason == "poison: 22021");
}

TEST_CASE("a command that Kafka refuses makes its saga wait, and goes out with a probe") {
  Conversation saga;
  saga.place();
  saga.hear(Unsendable{"no right to write"});
  CHECK(saga.status() == "NEEDS_ATTENTION");
  CHECK(saga.state().reason == "unsendable: no right to write");
  saga.wake();
  CHECK(saga.sent() == "do payment #2");
  saga.hear(Unsendable{"no right to write"});
  CHECK(saga.history() == "OrderPlaced AttentionNeeded");
  saga.done(kPaymentStep);
  CHECK(saga.status() == "PAID");
  saga.done(kDeliveryStep);
  saga.hear(Unsendable{"of a command before"});
  CHECK(saga.status() == "DELIVERY_SCHEDULED");
}

TEST_CASE("a retry opens a new round with new command ids", "[P2]") {
  Conversation saga;
  const auto first = saga.place();
  saga.refused(kPaymentStep, "card_declined");
  const auto second = saga.request(Retry{});
  CHECK(saga.status() == "PENDING_PAYMENT");
  CHECK(saga.sent() == "do payment #1");
  CHECK(std::get<StepCommand>(first.commands.front()).command_id !=
        std::get<StepCommand>(second.commands.front()).command_id);
  saga.done(kPaymentStep);
  CHECK(saga.jobs() == "done");
}

TEST_CASE("replies of an earlier round are ignored") {
  Conversation saga;
  saga.place();
  saga.refused(kPaymentStep, "card_declined");
  events::Reply old;
  old.command_id = events::command_id(saga.facts().order_id.uuid, 1, "payment");
  old.order_id = saga.facts().order_id.uuid;
  saga.request(Retry{});
  const State before = saga.state();
  saga.hear(ReplyReceived{old});
  CHECK(saga.state() == before);
}

TEST_CASE("backoff grows, is capped, and spreads between sagas") {
  RetryPolicy policy;
  policy.backoff_initial = std::chrono::milliseconds{100};
  policy.backoff_max = std::chrono::seconds{1};
  core::Duration longest{0};
  bool spread = false;
  const auto reference = backoff(policy, core::Uuid{{1}}, 3);
  for (std::uint8_t i = 0; i < 200; ++i) {
    const core::Uuid id{{i, static_cast<std::uint8_t>(i * 7), i, i, i, i, i, i, i}};
    CHECK(backoff(policy, id, 1) <= policy.backoff_initial);
    longest = std::max(longest, backoff(policy, id, 50));
    spread = spread || backoff(policy, id, 3) != reference;
  }
  CHECK(longest <= policy.backoff_max);
  CHECK(longest > std::chrono::milliseconds{500});
  CHECK(spread);
}

// ---- steps that change nothing ------------------------------------------------------------------

constexpr Definition kWithCheck = define(
    "checked", {
                   step("payment", StepKind::kCompensatable).command("capture").undo("undo"),
                   step("delivery", StepKind::kCompensatable).command("schedule").undo("cancel"),
                   step("address", StepKind::kReadOnly).command("check_address"),
                   pivot("scheduled").done("DELIVERY_SCHEDULED", "DeliveryScheduled"),
               });
constexpr int kAddressStep = kWithCheck.index_of("address");

TEST_CASE("a step that changes nothing is waited for, and passed over on the way back") {
  Conversation saga(kWithCheck);
  saga.place();
  saga.done(kPaymentStep);
  saga.done(kDeliveryStep);
  CHECK(saga.sent() == "do address #1");
  SECTION("done: the saga goes on") {
    saga.done(kAddressStep);
    CHECK(saga.status() == "DELIVERY_SCHEDULED");
    return;
  }
  SECTION("refused") { saga.refused(kAddressStep, "unknown_address"); }
  SECTION("cancelled meanwhile") { saga.request(Cancel{}); }
  SECTION("cancelled after a while") {
    saga.failed(kAddressStep);
    saga.request(Cancel{});
  }
  CHECK(saga.sent() == "undo delivery #1");
  saga.done(kAddressStep);  // The answer, late or again.
  saga.undone(kDeliveryStep);
  CHECK(saga.sent() == "undo payment #1");
  saga.undone(kPaymentStep);
  CHECK(saga.status() == "CANCELLED");
  CHECK_FALSE(saga.state().live());
}

TEST_CASE("a first step that is refused cancels the order, and the history says so") {
  static constexpr Definition kCheckedFirst =
      define("checked_first", {
                                  step("address", StepKind::kReadOnly).command("check_address"),
                                  step("payment", StepKind::kCompensatable).command("c").undo("u"),
                                  pivot("scheduled").done("DELIVERY_SCHEDULED", "Scheduled"),
                              });
  Conversation saga(kCheckedFirst);
  saga.place();
  const auto last = saga.refused(0, "no_carrier");
  CHECK(saga.status() == "CANCELLED");
  CHECK(saga.sent().empty());
  CHECK(saga.history() == "OrderPlaced CancelRequested OrderCancelled");
  CHECK(last.events.front().status == "CANCELLING");
  CHECK(saga.state().failure_code == "no_carrier");
}

// ---- steps behind the pivot ---------------------------------------------------------------------

constexpr Definition kWithReceipt = define(
    "receipted",
    {
        step("payment", StepKind::kCompensatable)
            .command("capture")
            .undo("undo_capture")
            .done("PAID", "PaymentCaptured")
            .undone("PaymentRefunded"),
        step("delivery", StepKind::kCompensatable)
            .command("schedule")
            .undo("cancel")
            .undone("DeliveryCancelled"),
        pivot("scheduled").done("DELIVERY_SCHEDULED", "DeliveryScheduled"),
        step("receipt", StepKind::kRetriable).command("send_receipt").done("", "ReceiptSent"),
    });
constexpr int kReceiptStep = kWithReceipt.index_of("receipt");

TEST_CASE("a step behind the pivot is done before the saga ends") {
  Conversation saga(kWithReceipt);
  saga.place();
  saga.done(kPaymentStep);
  saga.done(kDeliveryStep);
  CHECK(saga.status() == "DELIVERY_SCHEDULED");
  CHECK(saga.sent() == "do receipt #1");
  CHECK(saga.state().live());
  SECTION("the carrier does not wait for it") {
    saga.report();
    CHECK(saga.status() == "DELIVERED");
    CHECK(saga.sent() == "acknowledge");
  }
  SECTION("there is no way back any more") {
    saga.request(Cancel{});
    CHECK(saga.jobs() == "refused:too_late");
  }
  const std::string status = saga.status();
  saga.done(kReceiptStep);
  CHECK(saga.status() == status);
  CHECK(saga.history().ends_with("ReceiptSent"));
  CHECK_FALSE(saga.state().live());
}

TEST_CASE("a refused step behind the pivot waits by name until it is done") {
  Conversation saga(kWithReceipt);
  saga.place();
  saga.done(kPaymentStep);
  saga.done(kDeliveryStep);
  saga.refused(kReceiptStep, "no_mail_server");
  CHECK(saga.state().attention);
  CHECK(saga.state().reason == "receipt: no_mail_server");
  CHECK(saga.status() == "DELIVERY_SCHEDULED");
  saga.wake();
  CHECK(saga.sent() == "do receipt #2");
  saga.done(kReceiptStep);
  CHECK_FALSE(saga.state().live());
  CHECK(saga.history().ends_with("AttentionNeeded AttentionResolved ReceiptSent"));
}

}  // namespace orderflow::saga::testing
