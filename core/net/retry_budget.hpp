#pragma once

#include <algorithm>
#include <cstdint>

#include "core/net/sliding_count.hpp"

namespace orderflow::core {

// How many calls to a target may be retries: a tenth of the first attempts of the last ten seconds,
// but three at least, so that a target in trouble gets at most a tenth more than usual and not as
// many attempts for each call as there may be (Google SRE, "Handling Overload", 2016). A value; one
// thread; the clock is passed in.
class RetryBudget {
 public:
  void called(Time now) { calls_.add(now); }

  // True: one retry is spent.
  [[nodiscard]] bool spend(Time now) {
    if (retries_.total(now) >= std::max(kLeast, calls_.total(now) / kCallsForOne)) return false;
    retries_.add(now);
    return true;
  }

  static constexpr std::int64_t kCallsForOne = 10;
  static constexpr std::int64_t kLeast = 3;

 private:
  static constexpr Duration kSlice = std::chrono::seconds{1};

  SlidingCount calls_{kSlice};
  SlidingCount retries_{kSlice};
};

}  // namespace orderflow::core
