#pragma once

#include <algorithm>

#include "core/values/time.hpp"

namespace orderflow::core {

// How long a peer takes to answer, and the time-out that follows from it: as TCP's retransmission
// time-out, so that a peer under load is not sent everything twice.
//
// The estimate is the median, followed by steps of a half up and a third down (Frugal streaming:
// Ma, Muthukrishnan, Sandler, 2013): a few very slow answers do not move it, as they would an
// average. Answers to retransmissions must not be given (Karn's algorithm): which of the requests
// they answer is not known. A value; any one thread.
class RoundTrip {
 public:
  void sample(Duration took) {
    if (took > median_) {
      median_ = std::min(median_ * 3 / 2 + kLeastStep, took);
    } else {
      median_ = std::max(median_ * 2 / 3, took);
    }
  }

  // When to send again: after twice the median, within the bounds; `least` before any sample.
  [[nodiscard]] Duration timeout(Duration least, Duration most) const {
    return std::clamp(2 * median_, least, most);
  }

 private:
  static constexpr Duration kLeastStep = std::chrono::milliseconds{1};

  Duration median_{0};
};

}  // namespace orderflow::core
