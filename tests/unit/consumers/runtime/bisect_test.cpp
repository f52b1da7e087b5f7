#include "consumers/runtime/bisect.hpp"

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <set>
#include <vector>

namespace orderflow::consumers {
namespace {

// Attempts that fail while they hold one of `bad`, or while they include what is due.
struct Attempts {
  std::set<int> bad;
  bool due_is_bad = false;
  std::vector<int> handled;
  std::vector<int> given_up;
  int due_handled = 0;
  std::function<void()> also = [] {};

  void run(const std::vector<int>& items, bool include_due) {
    attempt_or_bisect(
        std::span<const int>(items), include_due,
        [this](std::span<const int> some, bool due) { attempt(some, due); },
        [this](int item, const std::string& reason) {
          CHECK(reason == "refused");
          given_up.push_back(item);
        });
  }
  void attempt(std::span<const int> some, bool due) {
    also();
    if (due && due_is_bad) throw core::DataError("22000", "refused");
    for (const int item : some) {
      if (bad.contains(item)) throw core::DataError("23505", "refused");
    }
    handled.insert(handled.end(), some.begin(), some.end());
    due_handled += due ? 1 : 0;
  }
};

const std::vector<int> kItems{1, 2, 3, 4, 5, 6, 7};

TEST_CASE("what is sound goes in one attempt") {
  Attempts attempts;
  attempts.run(kItems, true);
  CHECK(attempts.handled == kItems);
  CHECK(attempts.due_handled == 1);
}

TEST_CASE("bisecting gives up the items at fault only, and keeps the order of the others") {
  Attempts attempts{.bad = {1, 4, 5}};
  attempts.run(kItems, true);
  CHECK(attempts.given_up == std::vector{1, 4, 5});
  CHECK(attempts.handled == std::vector{2, 3, 6, 7});
  CHECK(attempts.due_handled == 0);  // It comes again with the next batch.
}

TEST_CASE("no item is blamed for what is due") {
  Attempts attempts{.due_is_bad = true};
  attempts.run(kItems, true);
  CHECK(attempts.handled == kItems);
  CHECK(attempts.given_up.empty());
  CHECK_THROWS_AS(attempts.run({}, true), core::Unavailable);
}

TEST_CASE("an error that nobody is blamed for ends the search") {
  Attempts attempts{.bad = {7}};
  int attempted = 0;
  attempts.also = [&] {
    if (++attempted == 4) throw core::Fenced("another owner");
  };
  CHECK_THROWS_AS(attempts.run(kItems, true), core::Fenced);
  CHECK(attempts.handled == std::vector{1, 2, 3});
  CHECK(attempted == 4);
}

}  // namespace
}  // namespace orderflow::consumers
