#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "core/values/time.hpp"

namespace orderflow::core {

// How long whoever handles messages in batches waits for company before it begins one.
//
// A transaction, a flush of the log and a request to Kafka cost the same for one message as for
// fifty, and a batch that ends lets everybody downstream begin one of his own: batches of few cost
// much and breed more of them. So the first message of a batch waits for as many as have come
// together of late, and for a time that grows with their number. Orders that run at the same time
// then travel as one group. On an idle system batches are of one, and nobody waits.
//
// A value; not for several threads at once.
class BatchPace {
 public:
  // Takes note of a batch that was handled.
  void handled(std::size_t messages) {
    expected_ += kWeight * (static_cast<double>(messages) - expected_);
  }

  // As many messages as are worth waiting for.
  [[nodiscard]] std::size_t expected() const {
    return static_cast<std::size_t>(std::lround(expected_));
  }

  // How long the first of them waits for the others.
  [[nodiscard]] Duration window() const {
    if (expected() <= 1) return Duration{0};
    const auto grown = static_cast<std::int64_t>(expected_ * static_cast<double>(kEach.count()));
    return std::min(Duration{grown}, kLongest);
  }

  // Between two looks at what has come meanwhile.
  static constexpr Duration kStep = std::chrono::microseconds{150};
  static constexpr Duration kEach = std::chrono::microseconds{150};
  static constexpr Duration kLongest = std::chrono::milliseconds{4};

 private:
  static constexpr double kWeight = 0.25;  // Of the latest batch in the smoothed size.

  double expected_ = 1;
};

}  // namespace orderflow::core
