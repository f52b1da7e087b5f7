#pragma once

#include <algorithm>

#include "core/time.hpp"

namespace orderflow::consumers {

// How long to wait for an answer before asking again: twice what answers have taken of late, as TCP
// waits for its acknowledgements (RFC 6298). Where much waits, here or there, asking again only
// adds to it. A value.
class Patience {
 public:
  void answered(core::Duration took) { usual_ += (took - usual_) / kSmoothing; }

  [[nodiscard]] core::Duration within(core::Duration least, core::Duration most) const {
    return std::clamp(2 * usual_, least, most);
  }

 private:
  static constexpr int kSmoothing = 8;

  core::Duration usual_{0};
};

}  // namespace orderflow::consumers
