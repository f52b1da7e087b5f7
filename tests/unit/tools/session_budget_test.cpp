#include "tools/session_budget.hpp"

#include <catch2/catch_test_macros.hpp>

#include "tests/support/settings.hpp"

namespace orderflow::tools {
namespace {

SessionBudget with_processes(std::size_t processes) {
  return session_budget(
      testing::settings_from({{"ORDERFLOW_PROCESSES", std::to_string(processes)}}));
}

TEST_CASE("the sessions of an installation follow its processes") {
  CHECK(with_processes(1).total() <= 97);  // What PostgreSQL lets in by default.
  CHECK(with_processes(19).api == with_processes(1).api);
  CHECK(with_processes(19).owners == 19 * with_processes(1).owners);
}

TEST_CASE("the number of processes that fits is the largest that does") {
  const auto settings = testing::settings_from();
  CHECK(processes_that_fit(settings, 0) == 0);
  for (std::size_t sessions = 97; sessions < 680; sessions += 7) {
    const std::size_t fitting = processes_that_fit(settings, sessions);
    REQUIRE(fitting >= 1);
    CHECK(with_processes(fitting).total() <= sessions);
    if (fitting < 64) CHECK(with_processes(fitting + 1).total() > sessions);
  }
}

}  // namespace
}  // namespace orderflow::tools
