#pragma once

#include <algorithm>
#include <cstddef>

#include "core/time.hpp"

namespace orderflow::consumers {

// How long an owner rests after a batch that took so long while so many messages wait already.
//
// A transaction, a flush of the log and a request to Kafka cost the same for one message as for
// fifty. Resting as long as the work took lets the next batch grow when much is coming; a batch
// that would be large anyhow does not wait, and neither does anybody on an idle system, whose next
// message is not there yet.
[[nodiscard]] constexpr core::Duration rest_after(core::Duration took, std::size_t waiting) {
  constexpr core::Duration kLongest = std::chrono::milliseconds{8};
  constexpr std::size_t kLarge = 200;
  return waiting >= kLarge ? core::Duration{0} : std::min(took, kLongest);
}

}  // namespace orderflow::consumers
