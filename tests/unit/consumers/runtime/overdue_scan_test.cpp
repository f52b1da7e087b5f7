#include "consumers/runtime/overdue_scan.hpp"

#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <set>

namespace orderflow::consumers {
namespace {

using core::Duration;
using core::Time;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A database whose answer takes as long as there are shards in the question.
struct Scanned {
  OverdueScan scan{20, seconds{2}, seconds{6}};
  std::vector<std::int32_t> owned = std::vector<std::int32_t>(128);
  Time now = Time{} + seconds{100};
  Duration of_all;
  Duration longest{0}, spent{0};

  explicit Scanned(Duration full_read) : of_all(full_read) {
    std::iota(owned.begin(), owned.end(), 7);
    scan.restart();
  }
  // Until every shard was asked about once more.
  Duration pass() {
    const Time began = now;
    longest = spent = Duration{0};
    std::set<std::int32_t> asked;
    while (asked.size() < owned.size()) {
      now = std::max(now, scan.next());
      const auto shards = scan.chunk(owned);
      REQUIRE(!shards.empty());
      asked.insert(shards.begin(), shards.end());
      const auto took = of_all * static_cast<int>(shards.size()) / static_cast<int>(owned.size());
      longest = std::max(longest, took);
      spent += took;
      now += took;
      scan.took(took, now);
    }
    return now - began;
  }
};

TEST_CASE("what is read quickly is read in one chunk, every two seconds") {
  Scanned database(milliseconds{1});
  CHECK(database.pass() == milliseconds{1});
  CHECK(database.pass() == seconds{2} + milliseconds{1});
  CHECK(database.longest == milliseconds{1});
}

TEST_CASE("what takes long is read in short chunks, all of it within the bound") {
  Scanned database(milliseconds{60});
  for (int i = 0; i < 5; ++i) database.pass();
  const auto took = database.pass();
  CHECK(database.longest <= milliseconds{7});
  CHECK(took >= milliseconds{1100});  // One part in twenty of the time.
  CHECK(took <= seconds{6});
}

TEST_CASE("a pass ends in time, however slow the database is") {
  Scanned database(seconds{3});
  for (int i = 0; i < 5; ++i) database.pass();
  CHECK(database.pass() <= seconds{6} + database.spent);
}

TEST_CASE("a database that is fast again is asked for larger chunks") {
  Scanned database(milliseconds{600});
  for (int i = 0; i < 5; ++i) database.pass();
  database.of_all = milliseconds{1};
  for (int i = 0; i < 5; ++i) database.pass();
  const auto chunk = database.scan.chunk(database.owned).size();
  CHECK(chunk == database.owned.size());
}

TEST_CASE("an owner of nothing does not ask") {
  OverdueScan scan(20, seconds{2}, seconds{6});
  CHECK(scan.next() == Time::max());
  CHECK(scan.chunk({}).empty());
  scan.restart();
  CHECK(scan.next() == Time{});
  scan.stop();
  CHECK(scan.next() == Time::max());
}

}  // namespace
}  // namespace orderflow::consumers
