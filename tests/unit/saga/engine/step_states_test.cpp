#include "saga/engine/step_states.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::saga {
namespace {

constexpr Definition kTwo = define(
    "two", {step("payment", StepKind::kCompensatable).command("capture").undo("undo_capture"),
            step("delivery", StepKind::kCompensatable).command("schedule").undo("cancel"),
            pivot("through"), step("receipt", StepKind::kRetriable).command("send")});

TEST_CASE("a row names its steps, so that another may be put before them") {
  StepStates states(kTwo);
  CHECK(states.size() == 4);
  states.set(0, StepState::kDone);
  states.set(1, StepState::kSent);
  const auto text = text_of(kTwo, states);
  CHECK(text == "payment:done,delivery:sent,receipt:not_started");
  CHECK(parse_step_states(kTwo, text) == states);

  constexpr Definition kThree = define(
      "three", {step("stock", StepKind::kCompensatable).command("reserve").undo("release"),
                step("payment", StepKind::kCompensatable).command("capture").undo("undo_capture"),
                step("delivery", StepKind::kCompensatable).command("schedule").undo("cancel"),
                pivot("through"), step("receipt", StepKind::kRetriable).command("send")});
  const auto later = parse_step_states(kThree, text);
  REQUIRE(later);
  CHECK((*later)[0] == StepState::kNotStarted);
  CHECK((*later)[1] == StepState::kDone);
  CHECK((*later)[2] == StepState::kSent);
  CHECK(later->last_to_undo(kThree) == 2);
}

TEST_CASE("what a row says of steps is understood or refused") {
  CHECK(parse_step_states(kTwo, "") == StepStates(kTwo));
  for (const char* text : {"stock:done", "payment", "payment:", "payment:DONE", ":done", ",",
                           "payment:done,stock:sent", "payment:done;"}) {
    INFO(text);
    CHECK_FALSE(parse_step_states(kTwo, text));
  }
}

TEST_CASE("what changed nothing, or comes behind the pivot, is not undone") {
  constexpr Definition kChecked =
      define("checked", {step("payment", StepKind::kCompensatable).command("capture").undo("undo"),
                         step("address", StepKind::kReadOnly).command("check"), pivot("through"),
                         step("receipt", StepKind::kRetriable).command("send")});
  StepStates states(kChecked);
  states.set(1, StepState::kDone);
  states.set(3, StepState::kDone);
  CHECK_FALSE(states.last_to_undo(kChecked));
  states.set(0, StepState::kDone);
  CHECK(states.last_to_undo(kChecked) == 0);
}

TEST_CASE("undoing goes back over what may have happened") {
  StepStates states(kTwo);
  CHECK_FALSE(states.last_to_undo(kTwo));
  states.set(0, StepState::kDone);
  states.set(1, StepState::kRefused);
  CHECK(states.last_to_undo(kTwo) == 0);
  states.set(0, StepState::kUndone);
  CHECK_FALSE(states.last_to_undo(kTwo));
  CHECK(states.any(StepState::kUndone));
  CHECK_FALSE(states.any(StepState::kSent));
  states.reset();
  CHECK(states == StepStates(kTwo));
}

}  // namespace
}  // namespace orderflow::saga
