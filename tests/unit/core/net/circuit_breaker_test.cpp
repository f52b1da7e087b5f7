#include "core/net/circuit_breaker.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

using namespace std::chrono_literals;

constexpr Duration kProbeInterval = 15s;
constexpr Time kOpened{std::chrono::hours{24}};

TEST_CASE("a breaker opens by a time-out when nobody was answered meanwhile") {
  CircuitBreaker breaker(kProbeInterval);
  CHECK(breaker.closed());
  CHECK(breaker.next_probe() == Time::max());
  CHECK(breaker.timed_out(30s, kOpened));
  CHECK(breaker.state() == CircuitBreaker::State::kOpen);
  CHECK(breaker.next_probe() == kOpened + kProbeInterval);
  CHECK_FALSE(breaker.timed_out(30s, kOpened + 1s));
  CHECK(breaker.next_probe() == kOpened + kProbeInterval);
}

TEST_CASE("an answer in the latter half of a time-out keeps the breaker closed") {
  CircuitBreaker breaker(kProbeInterval);
  CHECK_FALSE(breaker.answered(kOpened));
  CHECK_FALSE(breaker.timed_out(30s, kOpened + 15s));
  CHECK(breaker.closed());
  CHECK(breaker.timed_out(30s, kOpened + 15s + 1us));
}

TEST_CASE("a breaker is half-open while a probe is unanswered, and any answer closes it") {
  CircuitBreaker breaker(kProbeInterval);
  breaker.open(kOpened);
  CHECK(breaker.next_probe() == kOpened);
  breaker.probe_sent(kOpened);
  CHECK(breaker.state() == CircuitBreaker::State::kHalfOpen);
  CHECK(breaker.next_probe() == kOpened + kProbeInterval);
  SECTION("an answer") {
    CHECK(breaker.answered(kOpened + 1s));
    CHECK(breaker.closed());
    CHECK(breaker.next_probe() == Time::max());
    CHECK_FALSE(breaker.answered(kOpened + 2s));
    CHECK(breaker.last_answer() == kOpened + 2s);
  }
  SECTION("a time-out of somebody else does not end it, and the next one keeps its time") {
    CHECK_FALSE(breaker.timed_out(5s, kOpened + 5s));
    CHECK(breaker.state() == CircuitBreaker::State::kHalfOpen);
    CHECK(breaker.next_probe() == kOpened + kProbeInterval);
  }
  SECTION("nobody who could send the next") {
    breaker.probe_missed(kOpened + kProbeInterval);
    CHECK(breaker.state() == CircuitBreaker::State::kOpen);
    CHECK(breaker.next_probe() == kOpened + 2 * kProbeInterval);
  }
}

TEST_CASE("a breaker closes without an answer when nobody is left to probe") {
  CircuitBreaker breaker(kProbeInterval);
  breaker.open(kOpened);
  breaker.close();
  CHECK(breaker.closed());
  CHECK(breaker.next_probe() == Time::max());
}

}  // namespace
}  // namespace orderflow::core
