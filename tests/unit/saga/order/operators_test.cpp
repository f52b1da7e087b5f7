#include <catch2/catch_test_macros.hpp>

#include "tests/unit/saga/order/conversation.hpp"

#include "events/ids.hpp"

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

Skip skip_of(Conversation& saga, CommandOutcome outcome) {
  const auto& state = saga.state();
  return {events::command_id(saga.facts().order_id.uuid, state.round, *current_step(state)),
          outcome};
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
  saga.request(Resume{});
  saga.wait(std::chrono::milliseconds{5});
  const auto paid = saga.answered(kPaymentStep, 1);
  REQUIRE_FALSE(paid.observations.empty());
  CHECK(paid.observations.front().took == std::chrono::milliseconds{5});
}

TEST_CASE("an undo that is refused for good is named, and not taken for a delivery", "[P3]") {
  Conversation saga;
  saga.place();
  saga.request(Cancel{});
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
  saga.request(Cancel{});
  saga.undone(kDeliveryStep);
  saga.too_late(kPaymentStep);
  CHECK(saga.status() == "NEEDS_ATTENTION");
  CHECK(saga.state().reason == "undo_failed: payment: too_late");
}

TEST_CASE("a paused saga has no wake-up, hears nobody, and goes on where it was", "[P1]") {
  Conversation saga;
  SECTION("before it began") {
    saga.request(Pause{});
    CHECK(saga.history() == "OrderPlaced AttentionNeeded");
    saga.hear(Start{});
    CHECK(saga.sent().empty());
    saga.request(Resume{});
    CHECK(saga.sent() == "do payment #1");
    CHECK(saga.status() == "PENDING_PAYMENT");
  }
  SECTION("while a reply is on its way") {
    saga.place();
    saga.request(Pause{});
    CHECK(saga.jobs() == "done");
    CHECK(saga.status() == "NEEDS_ATTENTION");
    CHECK(saga.state().reason == "paused: on request");
    CHECK_FALSE(saga.state().wake_at.has_value());
    CHECK(saga.state().live());
    saga.done(kPaymentStep);
    CHECK(saga.status() == "NEEDS_ATTENTION");
    saga.hear(Probe{});
    CHECK(saga.sent().empty());
    saga.request(Retry{});
    CHECK(saga.jobs() == "refused:not_failed");
    saga.request(Pay{});
    CHECK(saga.jobs() == "refused:paused");
    saga.request(Resume{});
    CHECK(saga.sent() == "do payment #1");
    saga.done(kPaymentStep);
    CHECK(saga.status() == "PAID");
  }
  SECTION("while it is being undone") {
    saga.place();
    saga.request(Cancel{});
    saga.request(Pause{}, 8);
    saga.undone(kPaymentStep);
    CHECK(saga.status() == "NEEDS_ATTENTION");
    saga.request(Resume{}, 9);
    CHECK(saga.sent() == "undo payment #1");
    saga.undone(kPaymentStep);
    CHECK(saga.status() == "CANCELLED");
  }
  SECTION("and it may be cancelled") {
    saga.place();
    saga.request(Pause{});
    saga.request(Cancel{}, 8);
    CHECK(saga.sent() == "undo payment #1");
  }
  SECTION("the carrier's report waits too") {
    saga.place();
    saga.done(kPaymentStep);
    saga.request(Pause{});
    saga.report();
    CHECK(saga.sent().empty());
    CHECK(saga.status() == "NEEDS_ATTENTION");
  }
}

TEST_CASE("only what is being processed can be paused, and once") {
  Conversation saga;
  saga.place();
  saga.request(Pause{});
  saga.request(Pause{}, 8);
  CHECK(saga.jobs() == "refused:already_paused");
  Conversation ended;
  ended.place();
  ended.refused(kPaymentStep, "card_declined");
  ended.request(Pause{});
  CHECK(ended.jobs() == "refused:not_running");
}

TEST_CASE("an operator's retry begins the attempts anew") {
  Conversation saga;
  saga.place();
  SECTION("of the payment; the job ends with it") {
    run_out_of_attempts(saga);
    saga.request(Retry{});
    CHECK(saga.jobs() == "running");
    CHECK(saga.sent() == "do payment #1");
    CHECK(saga.status() == "PENDING_PAYMENT");
    saga.refused(kPaymentStep, "card_declined");
    CHECK(saga.jobs() == "refused:card_declined");
  }
  SECTION("of another step") {
    saga.done(kPaymentStep);
    run_out_of_attempts(saga);
    saga.request(Retry{});
    CHECK(saga.jobs() == "done");
    CHECK(saga.sent() == "do delivery #1");
    CHECK(saga.status() == "PAID");
  }
}

TEST_CASE("a skip is sound when the row stands in for the awaited reply", "[P2][P3]") {
  using enum CommandOutcome;
  using events::Phase;
  CHECK(outcome_of(true, false) == kDone);
  CHECK(outcome_of(true, true) == kUndone);
  CHECK(outcome_of(false, false) == kVoided);
  CHECK(outcome_of(false, true) == kVoided);
  CHECK(skip_is_sound(kDone, Phase::kDo));
  CHECK_FALSE(skip_is_sound(kUndone, Phase::kDo));
  CHECK_FALSE(skip_is_sound(kVoided, Phase::kDo));
  CHECK_FALSE(skip_is_sound(kDone, Phase::kUndo));
  CHECK(skip_is_sound(kUndone, Phase::kUndo));
  CHECK(skip_is_sound(kVoided, Phase::kUndo));
}

TEST_CASE("a row of requests that cannot be read ends its job") {
  Conversation saga;
  saga.place();
  saga.hear(UnreadableRequest{core::Uuid{{7}}});
  CHECK(saga.jobs() == "refused:unknown_request");
  CHECK(saga.status() == "PENDING_PAYMENT");
}

TEST_CASE("a skip takes the participant's row for the reply, and nothing else", "[P2][P3]") {
  Conversation saga;
  saga.place();
  SECTION("a step that waits for nobody is not skipped") {
    saga.request(skip_of(saga, CommandOutcome::kDone));
    CHECK(saga.jobs() == "refused:not_waiting");
  }
  SECTION("a capture that the row does not show is not claimed") {
    run_out_of_attempts(saga);
    for (const auto outcome : {CommandOutcome::kUndone, CommandOutcome::kVoided}) {
      saga.request(skip_of(saga, outcome));
      CHECK(saga.jobs() == "refused:not_settled");
    }
    auto other = skip_of(saga, CommandOutcome::kDone);
    other.command_id = events::command_id(saga.facts().order_id.uuid, 2, "payment");
    saga.request(other);
    CHECK(saga.jobs() == "refused:not_settled");
    CHECK(saga.status() == "NEEDS_ATTENTION");
  }
  SECTION("a capture that the row shows is done") {
    run_out_of_attempts(saga);
    saga.request(skip_of(saga, CommandOutcome::kDone));
    CHECK(saga.jobs() == "done");
    CHECK(saga.status() == "PAID");
    CHECK(saga.sent() == "do delivery #1");
  }
  SECTION("an undo that the row shows is done; one of nothing leaves no refund in the history") {
    saga.request(Cancel{});
    for (int i = 0; i < 5; ++i) saga.wake();
    REQUIRE(saga.status() == "NEEDS_ATTENTION");
    saga.request(skip_of(saga, CommandOutcome::kDone));
    CHECK(saga.jobs() == "refused:not_settled");
    SECTION("undone") {
      saga.request(skip_of(saga, CommandOutcome::kUndone));
      CHECK(saga.history().ends_with("AttentionResolved PaymentRefunded OrderCancelled"));
    }
    SECTION("voided") {
      saga.request(skip_of(saga, CommandOutcome::kVoided));
      CHECK(saga.history().ends_with("AttentionResolved OrderCancelled"));
    }
    CHECK(saga.status() == "CANCELLED");
  }
}

}  // namespace
}  // namespace orderflow::saga::testing
