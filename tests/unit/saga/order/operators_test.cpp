#include <catch2/catch_test_macros.hpp>

#include "tests/unit/saga/order/conversation.hpp"

// What operators ask of a saga, and what its owner says about probing.
namespace orderflow::saga::testing {
namespace {

void run_out_of_attempts(Conversation& saga) {
  for (int attempt = 1; attempt < 3; ++attempt) {
    saga.failed(saga.state().step);
    saga.wake();
  }
  saga.failed(saga.state().step);
}

Request skip_of(Conversation& saga, const std::string& outcome) {
  Request request;
  request.id = core::Uuid{{5, 5}};
  request.kind = "skip";
  request.actor = "eve";
  request.reason = "the reply is lost";
  request.command_id = command_id(saga.facts().order_id, saga.state().round, saga.state().step);
  request.command_outcome = outcome;
  return request;
}

TEST_CASE("a waiting saga asks when its owner says so, whatever its wake-up says", "[P6]") {
  Conversation saga;
  saga.place();
  run_out_of_attempts(saga);
  saga.hear(Probe{});
  CHECK(saga.sent() == "do payment #4");
  CHECK(saga.status() == "NEEDS_ATTENTION");
  CHECK(saga.state().wake_at == saga.now() + saga.policy().probe_interval);
  saga.hear(Hold{});
  CHECK(saga.sent().empty());
  CHECK(*saga.state().wake_at > saga.now() + saga.policy().probe_interval);
  saga.done(kPaymentStep);
  CHECK(saga.status() == "PAID");
  saga.hear(Probe{});
  CHECK(saga.sent().empty());
}

TEST_CASE("running out of attempts is observed with the time it took") {
  Conversation saga;
  saga.place();
  saga.failed(kPaymentStep);
  saga.wake();
  saga.failed(kPaymentStep);
  saga.wake();
  const auto last = saga.failed(kPaymentStep);
  REQUIRE(last.observations.size() == 1);
  CHECK(last.observations.front().kind == ObservationKind::kExhausted);
  CHECK(last.observations.front().took > core::Duration{0});
}

TEST_CASE("a resumed step takes as long as since it was resumed") {
  Conversation saga;
  saga.place();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    saga.failed(kPaymentStep);
    if (attempt < 3) saga.wake();
  }
  REQUIRE(saga.status() == "NEEDS_ATTENTION");
  saga.wait(std::chrono::hours{2});
  saga.request("resume");
  saga.wait(std::chrono::milliseconds{5});
  const auto paid = saga.answered(kPaymentStep, 1);
  REQUIRE_FALSE(paid.observations.empty());
  CHECK(paid.observations.front().took == std::chrono::milliseconds{5});
}

TEST_CASE("an undo that is refused for good is named, and not taken for a delivery", "[P3]") {
  Conversation saga;
  saga.place();
  saga.request("cancel");
  saga.reply(kPaymentStep, events::Phase::kUndo, events::ReplyOutcome::kRefused, "account_closed");
  CHECK(saga.status() == "NEEDS_ATTENTION");
  CHECK(saga.state().reason == "undo_failed: payment: account_closed");
  saga.wake();
  CHECK(saga.sent() == "undo payment #2");
  const auto again = saga.reply(kPaymentStep, events::Phase::kUndo, events::ReplyOutcome::kRefused,
                                "account_closed");
  CHECK(again.events.empty());
  saga.undone(kPaymentStep);
  CHECK(saga.status() == "CANCELLED");
}

TEST_CASE("too late to undo the payment after the delivery was undone is no delivery", "[P3]") {
  Conversation saga;
  saga.place();
  saga.done(kPaymentStep);
  saga.request("cancel");
  saga.undone(kDeliveryStep);
  saga.too_late(kPaymentStep);
  CHECK(saga.status() == "NEEDS_ATTENTION");
  CHECK(saga.state().reason == "undo_failed: payment: too_late");
}

TEST_CASE("a paused saga has no wake-up, hears nobody, and goes on where it was", "[P1]") {
  Conversation saga;
  SECTION("before it began") {
    saga.request("pause");
    CHECK(saga.history() == "OrderPlaced AttentionNeeded");
    saga.hear(Start{});
    CHECK(saga.sent().empty());
    saga.request("resume");
    CHECK(saga.sent() == "do payment #1");
    CHECK(saga.status() == "PENDING_PAYMENT");
  }
  SECTION("while a reply is on its way") {
    saga.place();
    saga.request("pause");
    CHECK(saga.jobs() == "done");
    CHECK(saga.status() == "NEEDS_ATTENTION");
    CHECK(saga.state().reason == "paused: on request");
    CHECK_FALSE(saga.state().wake_at.has_value());
    CHECK(saga.state().live());
    saga.done(kPaymentStep);
    CHECK(saga.status() == "NEEDS_ATTENTION");
    saga.hear(Probe{});
    CHECK(saga.sent().empty());
    saga.request("retry");
    CHECK(saga.jobs() == "refused:not_failed");
    saga.request("pay");
    CHECK(saga.jobs() == "refused:paused");
    saga.request("resume");
    CHECK(saga.sent() == "do payment #1");
    saga.done(kPaymentStep);
    CHECK(saga.status() == "PAID");
  }
  SECTION("while it is being undone") {
    saga.place();
    saga.request("cancel");
    saga.request("pause", 8);
    saga.undone(kPaymentStep);
    CHECK(saga.status() == "NEEDS_ATTENTION");
    saga.request("resume", 9);
    CHECK(saga.sent() == "undo payment #1");
    saga.undone(kPaymentStep);
    CHECK(saga.status() == "CANCELLED");
  }
  SECTION("and it may be cancelled") {
    saga.place();
    saga.request("pause");
    saga.request("cancel", 8);
    CHECK(saga.sent() == "undo payment #1");
  }
  SECTION("the carrier's report waits too") {
    saga.place();
    saga.done(kPaymentStep);
    saga.request("pause");
    saga.report();
    CHECK(saga.sent().empty());
    CHECK(saga.status() == "NEEDS_ATTENTION");
  }
}

TEST_CASE("only what is being processed can be paused, and once") {
  Conversation saga;
  saga.place();
  saga.request("pause");
  saga.request("pause", 8);
  CHECK(saga.jobs() == "refused:already_paused");
  Conversation ended;
  ended.place();
  ended.refused(kPaymentStep, "card_declined");
  ended.request("pause");
  CHECK(ended.jobs() == "refused:not_running");
}

TEST_CASE("an operator's retry begins the attempts anew") {
  Conversation saga;
  saga.place();
  SECTION("of the payment; the job ends with it") {
    run_out_of_attempts(saga);
    saga.request("retry");
    CHECK(saga.jobs() == "running");
    CHECK(saga.sent() == "do payment #1");
    CHECK(saga.status() == "PENDING_PAYMENT");
    saga.refused(kPaymentStep, "card_declined");
    CHECK(saga.jobs() == "refused:card_declined");
  }
  SECTION("of another step") {
    saga.done(kPaymentStep);
    run_out_of_attempts(saga);
    saga.request("retry");
    CHECK(saga.jobs() == "done");
    CHECK(saga.sent() == "do delivery #1");
    CHECK(saga.status() == "PAID");
  }
}

TEST_CASE("a skip takes the participant's book for the answer, and nothing else", "[P2][P3]") {
  Conversation saga;
  saga.place();
  SECTION("a step that waits for nobody is not skipped") {
    saga.hear(skip_of(saga, "done"));
    CHECK(saga.jobs() == "refused:not_waiting");
  }
  SECTION("a capture the book does not hold is not claimed") {
    run_out_of_attempts(saga);
    for (const char* outcome : {"", "undone", "voided"}) {
      saga.hear(skip_of(saga, outcome));
      CHECK(saga.jobs() == "refused:not_settled");
    }
    auto other = skip_of(saga, "done");
    other.command_id = command_id(saga.facts().order_id, 2, kPaymentStep);
    saga.hear(other);
    CHECK(saga.jobs() == "refused:not_settled");
    CHECK(saga.status() == "NEEDS_ATTENTION");
  }
  SECTION("a capture the book holds is done") {
    run_out_of_attempts(saga);
    saga.hear(skip_of(saga, "done"));
    CHECK(saga.jobs() == "done");
    CHECK(saga.status() == "PAID");
    CHECK(saga.sent() == "do delivery #1");
  }
  SECTION("an undo the book holds is done; one of nothing leaves no refund in the history") {
    saga.request("cancel");
    for (int i = 0; i < 5; ++i) saga.wake();
    REQUIRE(saga.status() == "NEEDS_ATTENTION");
    saga.hear(skip_of(saga, "done"));
    CHECK(saga.jobs() == "refused:not_settled");
    SECTION("undone") {
      saga.hear(skip_of(saga, "undone"));
      CHECK(saga.history().ends_with("AttentionResolved PaymentRefunded OrderCancelled"));
    }
    SECTION("voided") {
      saga.hear(skip_of(saga, "voided"));
      CHECK(saga.history().ends_with("AttentionResolved OrderCancelled"));
    }
    CHECK(saga.status() == "CANCELLED");
  }
}

}  // namespace
}  // namespace orderflow::saga::testing
