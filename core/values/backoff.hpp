#pragma once

#include "core/values/time.hpp"

namespace orderflow::core {

// Exponential backoff, without the jitter that spreads callers out: each adds its own, at random or
// as a function of what is repeated. A value.
struct Backoff {
  Duration first;
  Duration max;
  double factor = 2;

  // The pause after the last of so many failures in a row, counted from 1.
  [[nodiscard]] Duration after(int failures) const;
};

}  // namespace orderflow::core
