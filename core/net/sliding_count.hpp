#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/values/time.hpp"

namespace orderflow::core {

// How many events there were in the last ten slices of time, the current one included. The clock,
// passed in, may stand still but does not go back. A value; one thread.
class SlidingCount {
 public:
  explicit SlidingCount(Duration slice) : slice_(slice) {}

  void add(Time now) {
    advance(now);
    ++counts_.at(position(latest_));
  }
  [[nodiscard]] std::int64_t total(Time now) {
    advance(now);
    std::int64_t sum = 0;
    for (const auto count : counts_) sum += count;
    return sum;
  }
  void clear() { counts_.fill(0); }

 private:
  static constexpr std::int64_t kSlices = 10;

  static std::size_t position(std::int64_t slice) {
    return static_cast<std::size_t>(slice % kSlices);
  }
  void advance(Time now) {
    const std::int64_t slice = now.time_since_epoch() / slice_;
    if (slice - latest_ >= kSlices) clear();
    for (; latest_ < slice && slice - latest_ < kSlices; ++latest_) {
      counts_.at(position(latest_ + 1)) = 0;
    }
    latest_ = slice;
  }

  Duration slice_;
  std::array<std::int64_t, kSlices> counts_{};
  std::int64_t latest_ = 0;  // The slice, counted from the epoch.
};

}  // namespace orderflow::core
