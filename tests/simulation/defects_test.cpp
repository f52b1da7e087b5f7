#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <string>

#include "tests/simulation/run.hpp"

// A simulator that never fails proves nothing: here the model makes documented mistakes, one at a
// time, and each must be noticed.
namespace orderflow::simulation {
namespace {

struct Mistake {
  Defect defect;
  const char* name;
  std::uint64_t sagas;  // Within which it must be noticed.
};

constexpr Mistake kMistakes[] = {
    {Defect::kSkipOwnershipCheck, "the ownership check is skipped", 200'000},
    {Defect::kTimersSkipOwnershipCheck, "timers write without the ownership check", 400'000},
    {Defect::kPublishBeforeCommit, "events are published before the commit", 50'000},
    {Defect::kPublishOnUnknownCommit, "an unknown commit is taken for done", 50'000},
    {Defect::kMarkBeforeAcknowledgement, "the mark moves before the acknowledgement", 50'000},
    {Defect::kExpectOneByOne, "half a batch's acknowledgements count for all of it", 400'000},
    {Defect::kNoRepublishAtGrant, "a new owner does not publish beyond the mark", 50'000},
    {Defect::kReadBeforeGrant, "the state is read before the grant", 200'000},
    {Defect::kKeepStateWhenDropped, "memory outlives its epoch", 50'000},
    {Defect::kKeepBrokenProducer, "a broken producer is kept", 50'000},
    {Defect::kForgetBarrier, "the barrier is forgotten", 20'000},
    {Defect::kAttemptInCommandId, "the attempt is part of the command's id", 50'000},
    {Defect::kStoreTechnicalFailure, "a technical failure is stored as an answer", 50'000},
    {Defect::kTrustProcessClock, "a process trusts its own clock", 50'000},
    {Defect::kRequestsByMessageOnly, "requests are read when a message tells of them only", 50'000},
    {Defect::kPublishPastHeld, "events pass one of their order that is refused", 100'000},
    {Defect::kReportOnce, "the carrier reports once", 50'000},
};

TEST_CASE("the simulator notices mistakes") {
  const Mistake mistake = GENERATE(from_range(std::begin(kMistakes), std::end(kMistakes)));
  INFO(mistake.name);
  RunOptions options;
  options.seed = 42;
  options.sagas = mistake.sagas;
  options.defect = mistake.defect;
  const RunResult result = run(options);
  CHECK_FALSE(result.violation.empty());
}

TEST_CASE("a broken promise comes with the trace of its order") {
  RunOptions options;
  options.seed = 42;
  options.sagas = 20'000;
  options.defect = Defect::kForgetBarrier;
  const RunResult result = run(options);
  REQUIRE_FALSE(result.violation.empty());
  REQUIRE(result.order >= 0);
  std::string trace;
  for (const auto& line : result.trace) trace += line + "\n";
  CHECK(trace.find("API") != std::string::npos);
  CHECK(trace.find("takes orderflow.payment.capture.v1") != std::string::npos);
  // The world alone tells the same story.
  WorldOptions again = world_of(options, result.world);
  again.watched = result.order;
  const WorldResult world = World(again).run();
  CHECK(world.violation == result.violation);
  CHECK(world.trace == result.trace);
}

}  // namespace
}  // namespace orderflow::simulation
