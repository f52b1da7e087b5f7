#include "core/net/call_breaker.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

using namespace std::chrono_literals;
using Admission = CallBreaker::Admission;
using State = CircuitBreaker::State;

constexpr Time kBegan{std::chrono::hours{24}};

struct Target {
  CallBreaker breaker{{10s, 10, 0.5, 5s}};
  Time now = kBegan;

  void calls(int count, bool fail) {
    for (int i = 0; i < count; ++i) {
      REQUIRE(breaker.admit(now) == Admission::kCall);
      breaker.ended(Admission::kCall, fail, now);
    }
  }
};

TEST_CASE("a breaker opens by the share of calls that fail, when there were enough") {
  Target it;
  it.calls(9, true);
  CHECK(it.breaker.state() == State::kClosed);
  SECTION("the tenth call fails too") {
    it.calls(1, true);
    CHECK(it.breaker.state() == State::kOpen);
    CHECK(it.breaker.admit(it.now) == Admission::kRefused);
    CHECK(it.breaker.next_probe() == it.now + 5s);
  }
  SECTION("as many succeed as fail") {
    it.calls(9, false);
    CHECK(it.breaker.state() == State::kClosed);
    it.calls(1, false);
    it.calls(1, true);
    CHECK(it.breaker.state() == State::kOpen);
  }
  SECTION("more succeed than fail") {
    it.calls(30, false);
    it.calls(20, true);
    CHECK(it.breaker.state() == State::kClosed);
  }
  SECTION("they failed longer ago than the window") {
    it.now += 10s;
    it.calls(9, true);
    CHECK(it.breaker.state() == State::kClosed);
  }
}

TEST_CASE("an open breaker lets one probe through, which decides") {
  Target it;
  it.calls(10, true);
  it.now += 5s - 1us;
  CHECK(it.breaker.admit(it.now) == Admission::kRefused);
  it.now += 1us;
  REQUIRE(it.breaker.admit(it.now) == Admission::kProbe);
  CHECK(it.breaker.state() == State::kHalfOpen);
  CHECK(it.breaker.admit(it.now) == Admission::kRefused);

  SECTION("a success closes it, and what failed before is forgotten") {
    it.breaker.ended(Admission::kProbe, false, it.now);
    CHECK(it.breaker.state() == State::kClosed);
    it.calls(9, true);
    CHECK(it.breaker.state() == State::kClosed);
  }
  SECTION("a failure begins the pause anew") {
    it.now += 2s;
    it.breaker.ended(Admission::kProbe, true, it.now);
    CHECK(it.breaker.state() == State::kOpen);
    CHECK(it.breaker.next_probe() == it.now + 5s);
  }
  SECTION("a call that began before it opened changes nothing") {
    it.breaker.ended(Admission::kCall, false, it.now);
    CHECK(it.breaker.state() == State::kHalfOpen);
  }
  SECTION("a probe that is never heard of holds the next one back for a pause only") {
    it.now += 5s;
    CHECK(it.breaker.admit(it.now) == Admission::kProbe);
  }
}

}  // namespace
}  // namespace orderflow::core
