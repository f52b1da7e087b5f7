#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "core/values/time.hpp"

namespace orderflow::consumers {

// Since when a partition's log has held what it holds, as far as this owner can have seen: from the
// ends of the log that the broker has told of. The timestamp of a message is not asked, since its
// writer chose it, by a clock of its own or by none. What was there at the grant counts from then.
//
// A few hundred samples a partition at most: times are exact to kSampleInterval, of a log that has
// been unhandled for long to less than a hundredth of that time. One thread; clocks are passed in.
class LogGrowth {
 public:
  static constexpr core::Duration kSampleInterval = std::chrono::milliseconds{20};
  static constexpr std::size_t kSamplesMax = 512;

  // The log ends before `end`; negative: not known. One that ends earlier than before is another.
  void observe(std::int32_t partition, std::int64_t end, core::SteadyTime now);

  // When the log was first known to hold this offset; nothing when it was not yet.
  [[nodiscard]] std::optional<core::SteadyTime> since(std::int32_t partition,
                                                      std::int64_t offset) const;
  // The end observed last; 0 while it is not known.
  [[nodiscard]] std::int64_t end(std::int32_t partition) const;

  // Nobody will ask for offsets before this one.
  void forget_before(std::int32_t partition, std::int64_t offset);
  void drop(std::int32_t partition) { logs_.erase(partition); }

 private:
  struct Sample {
    std::int64_t end;
    core::SteadyTime at;  // When an end that far was first seen.
  };
  struct Log {
    std::deque<Sample> samples;
    core::Duration interval = kSampleInterval;  // Between samples; doubled when they are too many.
  };

  static void thin(Log& log);

  std::map<std::int32_t, Log> logs_;
};

}  // namespace orderflow::consumers
