#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "tests/simulation/run.hpp"

// Promises 1 to 6, whatever dies, is lost, late, doubled or forgotten. See README.md here.
namespace orderflow::simulation {
namespace {

void must_hold(const RunOptions& options) {
  const RunResult result = run(options);
  std::ostringstream text;
  print(result, options, text);
  UNSCOPED_INFO(text.str());
  CHECK(result.violation.empty());
  CHECK(result.sagas == options.sagas);
}

TEST_CASE("every promise holds in a hundred worlds of faults") {
  RunOptions options;
  options.seed = 20261121;
  options.sagas = 100'000;
  must_hold(options);
}

TEST_CASE("every promise holds with one kind of fault alone") {
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    RunOptions options;
    options.seed = i;
    options.sagas = 3'000;
    options.faults.fill(false);
    options.faults[i] = true;
    must_hold(options);
  }
}

TEST_CASE("without faults every order that nobody interferes with is delivered") {
  RunOptions options;
  options.sagas = 2'000;
  options.faults.fill(false);
  const RunResult result = run(options);
  CHECK(result.violation.empty());
  CHECK(result.ends[static_cast<std::size_t>(saga::OrderStatus::kNeedsAttention)] == 0);
  CHECK(result.ends[static_cast<std::size_t>(saga::OrderStatus::kDelivered)] > 1'800);
}

TEST_CASE("every kind of fault strikes") {
  RunOptions options;
  options.seed = 3;
  options.sagas = 60'000;
  const RunResult result = run(options);
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    INFO(kFaultNames[i]);
    CHECK(result.faults[i] > 0);
  }
}

TEST_CASE("a seed gives the same run, on however many threads") {
  RunOptions options;
  options.seed = 5;
  options.sagas = 6'000;
  options.threads = 1;
  const RunResult one = run(options);
  options.threads = 3;
  const RunResult three = run(options);
  CHECK(one.faults == three.faults);
  CHECK(one.ends == three.ends);
  CHECK(one.checks == three.checks);
  options.seed = 6;
  CHECK(run(options).faults != one.faults);
}

// As its own entry of ctest, `simulation/million`.
TEST_CASE("a million sagas", "[.][million]") {
  RunOptions options;
  options.seed = 1'000'000;
  options.sagas = 1'000'000;
  must_hold(options);
}

}  // namespace
}  // namespace orderflow::simulation
