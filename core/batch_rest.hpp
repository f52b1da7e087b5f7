#pragma once

#include <algorithm>
#include <cstddef>

#include "core/time.hpp"

namespace orderflow::core {

// How long an owner rests after a batch of so many messages.
//
// A transaction, a flush of the log and a request to Kafka cost the same for one message as for
// fifty, and a batch that ends lets everybody downstream begin one of his own. So the busier the
// owner, the longer it lets its next batch grow: a little for each message of the last one. What
// that adds to a message's way is bounded, and nothing on an idle system, where batches are of one.
[[nodiscard]] constexpr Duration rest_after(std::size_t messages) {
  constexpr Duration kLongest = std::chrono::milliseconds{10};
  constexpr Duration kEach = std::chrono::microseconds{300};
  constexpr std::size_t kFew = 2;
  if (messages <= kFew) return Duration{0};
  return std::min<Duration>(messages * kEach, kLongest);
}

}  // namespace orderflow::core
