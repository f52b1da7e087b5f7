#include "consumers/runtime/log_growth.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::consumers {
namespace {

using namespace std::chrono_literals;
using core::SteadyTime;

SteadyTime moment(std::chrono::milliseconds time) { return SteadyTime{} + time; }

TEST_CASE("a message has waited since the log first reached beyond it") {
  LogGrowth logs;
  CHECK_FALSE(logs.since(0, 5));
  CHECK(logs.end(0) == 0);
  logs.observe(0, 10, moment(1s));
  logs.observe(0, 10, moment(5s));
  logs.observe(0, 13, moment(6s));
  logs.observe(1, 99, moment(6s));
  CHECK(logs.since(0, 3) == moment(1s));  // It was there when the owner came.
  CHECK(logs.since(0, 9) == moment(1s));
  CHECK(logs.since(0, 10) == moment(6s));
  CHECK(logs.since(0, 12) == moment(6s));
  CHECK_FALSE(logs.since(0, 13));
  CHECK(logs.end(0) == 13);
}

TEST_CASE("an end that is not known tells nothing") {
  LogGrowth logs;
  logs.observe(0, -1, moment(1s));
  CHECK_FALSE(logs.since(0, 0));
  CHECK(logs.end(0) == 0);
}

TEST_CASE("a log that ends earlier than it did is another one") {
  LogGrowth logs;
  logs.observe(0, 100, moment(1s));
  logs.observe(0, 3, moment(9s));
  CHECK(logs.since(0, 2) == moment(9s));
  CHECK(logs.end(0) == 3);
}

TEST_CASE("what is handled is forgotten, but not where the log ends") {
  LogGrowth logs;
  for (int i = 1; i <= 5; ++i) logs.observe(0, i, moment(i * 1s));
  logs.forget_before(0, 3);
  CHECK(logs.since(0, 3) == moment(4s));
  CHECK(logs.since(0, 4) == moment(5s));
  logs.forget_before(0, 5);
  CHECK(logs.end(0) == 5);
  logs.observe(0, 5, moment(60s));
  logs.observe(0, 6, moment(61s));
  CHECK(logs.since(0, 5) == moment(61s));
  logs.drop(0);
  CHECK(logs.end(0) == 0);
}

TEST_CASE("however long an owner stays behind, ages stay right to a share and memory small") {
  LogGrowth logs;
  constexpr int kObservations = 100'000;
  for (int i = 1; i <= kObservations; ++i) logs.observe(0, i, moment(i * 10ms));
  CHECK(logs.since(0, kObservations - 1) > moment(kObservations * 99 / 100 * 10ms));
  const auto of_half = *logs.since(0, kObservations / 2);
  CHECK(of_half > moment(kObservations / 2 * 9ms));
  CHECK(of_half < moment(kObservations / 2 * 11ms));
}

}  // namespace
}  // namespace orderflow::consumers
