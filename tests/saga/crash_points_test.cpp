#include <catch2/catch_test_macros.hpp>

#include "core/testing/crash_point.hpp"
#include "events/roles.hpp"
#include "tests/support/system.hpp"

// How the points are named and refused; each of them is walked in integration/crash_walk_test.cpp.
namespace orderflow::testing {
namespace {

TEST_CASE("an unknown crash point is refused before anything starts", "[shared][crash]") {
  const auto refused =
      shared_system().run({"orchestrator"}, {{"ORDERFLOW_CRASH_AT", "orchestrator.nowhere"}});
  CHECK(refused.exit_code == 2);
  CHECK(refused.output.find("orchestrator.after_commit") != std::string::npos);
  const auto list = shared_system().run({"crash-points"});
  CHECK(list.exit_code == 0);
  for (const auto& name : core::crash_point_names(events::kCrashRoles)) {
    CHECK(list.output.find(name + "\n") != std::string::npos);
  }
}

}  // namespace
}  // namespace orderflow::testing
