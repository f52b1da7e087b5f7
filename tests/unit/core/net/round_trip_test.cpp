#include "core/net/round_trip.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("the time-out is twice the usual round trip of late, within its bounds") {
  RoundTrip trip;
  CHECK(trip.timeout(seconds{2}, seconds{10}) == seconds{2});
  for (int i = 0; i < 20; ++i) trip.sample(seconds{3});
  CHECK(trip.timeout(seconds{2}, seconds{10}) == seconds{6});
  CHECK(trip.timeout(seconds{2}, seconds{5}) == seconds{5});
  for (int i = 0; i < 20; ++i) trip.sample(milliseconds{5});
  CHECK(trip.timeout(seconds{2}, seconds{10}) == seconds{2});
  CHECK(trip.timeout(seconds{0}, seconds{10}) == milliseconds{10});
}

TEST_CASE("one lost request in twenty does not move the time-out of the others") {
  RoundTrip trip;
  const auto timeout = [&] { return trip.timeout(seconds{5}, seconds{30}); };
  for (int i = 0; i < 10'000; ++i) {
    const bool lost = i % 20 == 19;
    trip.sample(lost ? timeout() + milliseconds{5} : milliseconds{5});
    REQUIRE(timeout() == seconds{5});
  }
}

TEST_CASE("two lost requests in a row among twenty do not move the time-out of the others") {
  RoundTrip trip;
  const auto timeout = [&] { return trip.timeout(seconds{5}, seconds{30}); };
  for (int i = 0; i < 10'000; ++i) {
    trip.sample(i % 20 >= 18 ? 3 * timeout() : milliseconds{5});
    REQUIRE(timeout() == seconds{5});
  }
}

TEST_CASE("a peer that always takes longer than the least time-out is given the time") {
  RoundTrip trip;
  for (int i = 0; i < 25; ++i) trip.sample(seconds{8});
  CHECK(trip.timeout(seconds{5}, seconds{30}) == seconds{16});
}

}  // namespace
}  // namespace orderflow::core
