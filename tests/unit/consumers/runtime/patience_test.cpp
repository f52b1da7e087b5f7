#include "consumers/runtime/patience.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow {
namespace {

using consumers::Patience;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("patience is twice what answers take of late, within its bounds") {
  Patience patience;
  CHECK(patience.within(seconds{2}, seconds{10}) == seconds{2});
  for (int i = 0; i < 20; ++i) patience.answered(seconds{3});
  CHECK(patience.within(seconds{2}, seconds{10}) == seconds{6});
  CHECK(patience.within(seconds{2}, seconds{5}) == seconds{5});
  for (int i = 0; i < 20; ++i) patience.answered(milliseconds{5});
  CHECK(patience.within(seconds{2}, seconds{10}) == seconds{2});
  CHECK(patience.within(seconds{0}, seconds{10}) == milliseconds{10});
}

TEST_CASE("answers that had to be asked for again, one in twenty, leave the others' wait alone") {
  Patience patience;
  const auto wait = [&] { return patience.within(seconds{5}, seconds{30}); };
  for (int i = 0; i < 10'000; ++i) {
    const bool lost = i % 20 == 19;
    patience.answered(lost ? wait() + milliseconds{5} : milliseconds{5});
    REQUIRE(wait() == seconds{5});
  }
}

TEST_CASE("answers asked for again, two in a row among twenty, leave the others' wait alone") {
  Patience patience;
  const auto wait = [&] { return patience.within(seconds{5}, seconds{30}); };
  for (int i = 0; i < 10'000; ++i) {
    patience.answered(i % 20 >= 18 ? 3 * wait() : milliseconds{5});
    REQUIRE(wait() == seconds{5});
  }
}

TEST_CASE("a participant that always takes longer than the least wait is given the time") {
  Patience patience;
  // What it takes from the first command on, no matter how often it was asked again meanwhile.
  for (int i = 0; i < 25; ++i) patience.answered(seconds{8});
  CHECK(patience.within(seconds{5}, seconds{30}) == seconds{16});
}

}  // namespace
}  // namespace orderflow
