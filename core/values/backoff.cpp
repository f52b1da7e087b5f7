#include "core/values/backoff.hpp"

#include <algorithm>

namespace orderflow::core {

Duration Backoff::after(int failures) const {
  auto pause = static_cast<double>(first.count());
  const auto limit = static_cast<double>(max.count());
  for (int i = 1; i < failures && pause < limit; ++i) pause *= factor;
  return Duration{static_cast<std::int64_t>(std::min(pause, limit))};
}

}  // namespace orderflow::core
