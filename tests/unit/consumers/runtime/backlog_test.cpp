#include "consumers/runtime/backlog.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::consumers {
namespace {

using namespace std::chrono_literals;
using core::SteadyTime;

SteadyTime at(std::chrono::milliseconds time) { return SteadyTime{} + time; }

TEST_CASE("what was seen waiting is believed for a second, since the buffers are often empty") {
  Backlog backlog;
  backlog.observe({{0, 3s}, {1, 1s}}, at(0ms));
  CHECK(backlog.oldest() == 3s);
  backlog.observe({{1, 2s}}, at(900ms));
  CHECK(backlog.ages() == Backlog::Ages{{0, 3s}, {1, 2s}});
  backlog.observe({}, at(1100ms));
  CHECK(backlog.ages() == Backlog::Ages{{1, 2s}});
  backlog.observe({}, at(2000ms));
  CHECK(backlog.ages().empty());
  CHECK(backlog.oldest() == 0s);
}

// An owner that is always behind by an age and handles 100 messages a second, so fast that ...
Duration wait_of(Duration age, std::int64_t unhandled) {
  Backlog backlog;
  Duration wait{0};
  for (auto now = 0ms; now <= 2s; now += 100ms) {
    backlog.observe({{0, age}}, at(now));
    wait = backlog.expected_wait(unhandled, at(now));
    backlog.handled(10);
  }
  return wait;
}

TEST_CASE("what comes now waits as long as the owner takes for what is there before it") {
  CHECK(wait_of(2s, 200) == 2s);  // Neither grows nor shrinks.
  CHECK(wait_of(2s, 350) == 3500ms);
  CHECK(wait_of(2s, 100) == 1s);
}

TEST_CASE("a wrong speed misleads admission only so far") {
  CHECK(wait_of(2s, 1'000'000'000) == 4s);
  CHECK(wait_of(2s, 0) == 500ms);
}

TEST_CASE("without a speed the oldest age is told") {
  CHECK(wait_of(100ms, 1'000'000) == 100ms);  // It is mostly idle.
  Backlog backlog;
  CHECK(backlog.expected_wait(1'000, at(0ms)) == 0s);
  backlog.observe({{0, 10min}}, at(0ms));
  CHECK(backlog.expected_wait(0, at(0ms)) == 10min);
}

TEST_CASE("an owner that stands still is believed to be late, not to be idle") {
  Backlog backlog;
  Duration wait{0};
  for (auto now = 0ms; now <= 5s; now += 100ms) {
    backlog.observe({{0, now}}, at(now));
    wait = backlog.expected_wait(10, at(now));
  }
  CHECK(wait == 5s);
}

TEST_CASE("a saga is not woken while its first message may be on its way, within bounds") {
  CHECK(start_grace(0s) == 0s);
  CHECK(start_grace(999ms) == 0s);
  CHECK(start_grace(3s) == 3s);
  CHECK(start_grace(1h) == kStartGraceMax);
  const Backlog::Ages ages{{2, 4s}};
  CHECK(start_grace(ages, 2) == 4s);
  CHECK(start_grace(ages, 1) == 0s);
}

}  // namespace
}  // namespace orderflow::consumers
