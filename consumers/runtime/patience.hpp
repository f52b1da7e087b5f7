#pragma once

#include <algorithm>

#include "core/values/time.hpp"

namespace orderflow::consumers {

// How long to wait for an answer before asking again: twice what answers usually take of late.
// Where much waits, here or there, asking again only adds to it.
//
// Usual is the median, followed by steps of a half up and a third down (after Frugal streaming: Ma,
// Muthukrishnan, Sandler, 2013), which a few answers that took very long do not move. Who can tell
// what had to be asked for again leaves that out (P. Karn's rule, of TCP): it took a whole wait
// longer. A value.
class Patience {
 public:
  void answered(core::Duration took) {
    if (took > usual_) {
      usual_ = std::min(usual_ * 3 / 2 + kLeastStep, took);
    } else {
      usual_ = std::max(usual_ * 2 / 3, took);
    }
  }

  [[nodiscard]] core::Duration within(core::Duration least, core::Duration most) const {
    return std::clamp(2 * usual_, least, most);
  }

 private:
  static constexpr core::Duration kLeastStep = std::chrono::milliseconds{1};

  core::Duration usual_{0};
};

}  // namespace orderflow::consumers
