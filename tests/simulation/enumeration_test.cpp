#include "tests/simulation/enumeration.hpp"

#include <catch2/catch_test_macros.hpp>

#include "saga/order/order_saga.hpp"

// Promises 2, 3 and 6 for every failure of every step.
namespace orderflow::saga {
namespace {

void must_hold(const Definition& saga, std::uint64_t least_runs) {
  const auto report = enumeration::enumerate(saga);
  for (const auto& broken : report.broken) UNSCOPED_INFO(broken);
  CHECK(report.broken.empty());
  CHECK(report.runs > least_runs);
}

TEST_CASE("the order saga survives every failure of every step") { must_hold(kOrderSaga, 5'000); }

// An example of a saga of one's own: book a trip.
constexpr Definition kTrip = define(
    "trip", {
                step("seat", StepKind::kCompensatable).command("seat.book").undo("seat.release"),
                step("room", StepKind::kCompensatable).command("room.book").undo("room.release"),
                step("car", StepKind::kCompensatable).command("car.book").undo("car.release"),
                step("tour", StepKind::kCompensatable).command("tour.book").undo("tour.release"),
                pivot("booked").done("DELIVERY_SCHEDULED", "TripBooked"),
            });

TEST_CASE("a saga of one's own survives every failure of every step") { must_hold(kTrip, 20'000); }

TEST_CASE("the shortest saga survives every failure of its step") {
  static constexpr Definition kOne =
      define("one", {step("only", StepKind::kCompensatable).command("do").undo("undo"),
                     pivot("through").done("DELIVERY_SCHEDULED", "Through")});
  must_hold(kOne, 1'000);
}

TEST_CASE("the enumeration notices participants without a barrier") {
  enumeration::Options options;
  options.barrier = false;
  const auto report = enumeration::enumerate(kTrip, options);
  REQUIRE_FALSE(report.broken.empty());
  for (const auto& broken : report.broken) UNSCOPED_INFO(broken);
  // Refused, then done all the same: the saga has turned back, the effect stands.
  CHECK(report.broken.front().find("the saga ended half done: seat refused") == 0);
}

TEST_CASE("steps behind the pivot are done after it, in order, however often they fail") {
  static constexpr Definition kLong =
      define("long", {step("before", StepKind::kCompensatable).command("do").undo("undo"),
                      pivot("through").done("DELIVERY_SCHEDULED", "Through"),
                      step("after", StepKind::kRetriable).command("tell"),
                      step("last", StepKind::kRetriable).command("file")});
  must_hold(kLong, 3'000);
}

TEST_CASE("a step that changes nothing may stand anywhere before the pivot") {
  static constexpr Definition kChecked =
      define("checked", {step("address", StepKind::kReadOnly).command("check"),
                         step("before", StepKind::kCompensatable).command("do").undo("undo"),
                         step("stock", StepKind::kReadOnly).command("look"),
                         pivot("through").done("DELIVERY_SCHEDULED", "Through")});
  must_hold(kChecked, 3'000);
}

TEST_CASE("a saga may begin with its pivot") {
  static constexpr Definition kForward =
      define("forward", {pivot("through").done("DELIVERY_SCHEDULED", "Through"),
                         step("after", StepKind::kRetriable).command("tell")});
  must_hold(kForward, 500);
}

}  // namespace
}  // namespace orderflow::saga
