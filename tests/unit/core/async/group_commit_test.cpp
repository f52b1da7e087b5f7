#include "core/async/group_commit.hpp"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <latch>
#include <numeric>
#include <set>
#include <stdexcept>

namespace orderflow::core {
namespace {

TEST_CASE("what comes while a batch commits is the next batch") {
  std::latch first_began(1);
  std::latch may_commit(1);
  std::vector<std::vector<int>> batches;
  GroupCommit<int> queue({.batch_max = 3, .waiting_max = 5, .gathers = false},
                         [&](std::span<int> batch) {
                           if (batches.empty()) {
                             first_began.count_down();
                             may_commit.wait();
                           }
                           batches.emplace_back(batch.begin(), batch.end());
                         });
  REQUIRE(queue.submit(1));
  first_began.wait();
  for (int i = 2; i <= 6; ++i) CHECK(queue.submit(i));
  CHECK_FALSE(queue.submit(7));  // As many wait as may.
  may_commit.count_down();
  queue.stop();
  CHECK(batches == std::vector<std::vector<int>>{{1}, {2, 3, 4}, {5, 6}});
  CHECK_FALSE(queue.submit(8));
}

TEST_CASE("threads that submit at once lose nothing") {
  std::atomic<int> sum{0};
  std::atomic<int> refused{0};  // Catch2's assertions belong to the test's thread.
  GroupCommit<int> queue({.batch_max = 100, .waiting_max = 100'000}, [&](std::span<int> batch) {
    sum += std::accumulate(batch.begin(), batch.end(), 0);
  });
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1'000; ++i) refused += queue.submit(1) ? 0 : 1;
      });
    }
  }
  queue.stop();
  CHECK(refused == 0);
  CHECK(sum == 4'000);
}

struct Bad : std::runtime_error {
  using std::runtime_error::runtime_error;
};

TEST_CASE("bisecting refuses the bad ones alone and commits all others") {
  std::vector<int> items(100);
  std::iota(items.begin(), items.end(), 0);
  const auto is_bad = [](int item) { return item == 17 || item == 18 || item == 99; };
  std::set<int> committed;
  std::vector<int> refused;
  int attempts = 0;
  bisect<Bad>(
      std::span(items),
      [&](std::span<int> part) {
        ++attempts;
        if (std::any_of(part.begin(), part.end(), is_bad)) throw Bad("bad");
        committed.insert(part.begin(), part.end());
      },
      [&](int item, const Bad&) { refused.push_back(item); });
  CHECK(refused == std::vector<int>{17, 18, 99});
  CHECK(committed.size() == 97);
  CHECK(attempts < 40);
}

TEST_CASE("another failure ends the search") {
  std::vector<int> items{1, 2};
  CHECK_THROWS_AS(bisect<Bad>(
                      std::span(items), [](std::span<int>) { throw std::logic_error("down"); },
                      [](int, const Bad&) {}),
                  std::logic_error);
}

}  // namespace
}  // namespace orderflow::core
