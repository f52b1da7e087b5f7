#include "compose/restart_backoff.hpp"

#include <catch2/catch_test_macros.hpp>
#include <chrono>

using namespace std::chrono_literals;
using orderflow::compose::RestartBackoff;

TEST_CASE("the pause doubles with every short life and stops at its cap") {
  RestartBackoff backoff;
  for (const auto expected : {200ms, 400ms, 800ms, 1'600ms, 3'200ms, 6'400ms, 10'000ms, 10'000ms}) {
    CHECK(backoff.next_pause(1ms) == expected);
  }
}

TEST_CASE("a life of thirty seconds makes the next death the first again") {
  RestartBackoff backoff;
  CHECK(backoff.next_pause(0ms) == 200ms);
  CHECK(backoff.next_pause(29'999ms) == 400ms);
  CHECK(backoff.next_pause(30'000ms) == 200ms);
  CHECK(backoff.next_pause(5ms) == 400ms);
}

TEST_CASE("a process that dies for weeks never overflows its pause") {
  RestartBackoff backoff;
  for (int i = 0; i < 100'000; ++i) REQUIRE(backoff.next_pause(0ms) > 0ms);
  CHECK(backoff.next_pause(0ms) == 10'000ms);
}
