#include "compose/backoff.hpp"

#include <algorithm>

namespace orderflow::compose {

std::chrono::milliseconds Backoff::next_delay(std::chrono::milliseconds lived) {
  if (lived >= policy_.reset_after) failures_ = 0;
  // The exponent is bounded so that the shift can never overflow; the cap is reached long before.
  constexpr int kExponentMax = 20;
  const auto doubled = policy_.first * (std::int64_t{1} << std::min(failures_, kExponentMax));
  ++failures_;
  return std::min(doubled, policy_.max);
}

}  // namespace orderflow::compose
