#include "consumers/runtime/overdue_rounds.hpp"

#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <set>

namespace orderflow::consumers {
namespace {

using core::Duration;
using core::Time;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A database that takes as long as it has shards to look through.
struct Course {
  OverdueRounds rounds{20, seconds{2}, seconds{6}};
  std::vector<std::int32_t> owned = std::vector<std::int32_t>(128);
  Time now = Time{} + seconds{100};
  Duration of_all;
  Duration longest{0}, spent{0};

  explicit Course(Duration full_read) : of_all(full_read) {
    std::iota(owned.begin(), owned.end(), 7);
    rounds.begin();
  }
  // Looks until every shard was asked about once more.
  Duration round() {
    const Time began = now;
    longest = spent = Duration{0};
    std::set<std::int32_t> asked;
    while (asked.size() < owned.size()) {
      now = std::max(now, rounds.next());
      const auto shards = rounds.part(owned);
      REQUIRE(!shards.empty());
      asked.insert(shards.begin(), shards.end());
      const auto took = of_all * static_cast<int>(shards.size()) / static_cast<int>(owned.size());
      longest = std::max(longest, took);
      spent += took;
      now += took;
      rounds.looked(now, took);
    }
    return now - began;
  }
};

TEST_CASE("what is quickly read is read at once, every two seconds") {
  Course course(milliseconds{1});
  CHECK(course.round() == milliseconds{1});
  CHECK(course.round() == seconds{2} + milliseconds{1});
  CHECK(course.longest == milliseconds{1});
}

TEST_CASE("what takes long is read in parts that nobody notices, all of it within the bound") {
  Course course(milliseconds{60});
  for (int i = 0; i < 5; ++i) course.round();
  const auto took = course.round();
  CHECK(course.longest <= milliseconds{7});
  CHECK(took >= milliseconds{1100});  // One part in twenty of the time.
  CHECK(took <= seconds{6});
}

TEST_CASE("a round ends in time, however slow the database is") {
  Course course(seconds{3});
  for (int i = 0; i < 5; ++i) course.round();
  CHECK(course.round() <= seconds{6} + course.spent);
}

TEST_CASE("a database that is quick again is asked for larger parts") {
  Course course(milliseconds{600});
  for (int i = 0; i < 5; ++i) course.round();
  course.of_all = milliseconds{1};
  for (int i = 0; i < 5; ++i) course.round();
  const auto parts = course.rounds.part(course.owned).size();
  CHECK(parts == course.owned.size());
}

TEST_CASE("who owns nothing is not asked") {
  OverdueRounds rounds(20, seconds{2}, seconds{6});
  CHECK(rounds.next() == Time::max());
  CHECK(rounds.part({}).empty());
  rounds.begin();
  CHECK(rounds.next() == Time{});
  rounds.end();
  CHECK(rounds.next() == Time::max());
}

}  // namespace
}  // namespace orderflow::consumers
