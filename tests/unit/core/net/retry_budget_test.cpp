#include "core/net/retry_budget.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

using namespace std::chrono_literals;

constexpr Time kFirstCall{std::chrono::hours{24}};

int spent(RetryBudget& budget, Time now) {
  int count = 0;
  while (count < 1000 && budget.spend(now)) ++count;
  return count;
}

TEST_CASE("a budget allows three retries, however few the calls") {
  RetryBudget budget;
  CHECK(spent(budget, kFirstCall) == 3);
  CHECK(spent(budget, kFirstCall + 9s) == 0);
  CHECK(spent(budget, kFirstCall + 10s) == 3);
}

TEST_CASE("a budget allows a tenth of the calls of the last ten seconds") {
  RetryBudget budget;
  for (int second = 0; second < 10; ++second) {
    for (int i = 0; i < 20; ++i) budget.called(kFirstCall + std::chrono::seconds(second));
  }
  CHECK(spent(budget, kFirstCall + 9s) == 20);
  CHECK(spent(budget, kFirstCall + 9s) == 0);
  // Five of the ten seconds of calls are over; the retries are not.
  CHECK(spent(budget, kFirstCall + 14s) == 0);
  CHECK(spent(budget, kFirstCall + 19s) == 3);
  CHECK(spent(budget, kFirstCall + std::chrono::hours{9'000}) == 3);
}

}  // namespace
}  // namespace orderflow::core
