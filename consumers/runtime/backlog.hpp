#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "core/values/time.hpp"

namespace orderflow::consumers {

using core::Duration;

// How far behind its partitions an owner is, in time. One for each owner loop, one thread, no I/O;
// clocks are passed in.
//
// Two questions are answered. How old is the oldest message of a partition that is not handled yet:
// orders placed after it cannot have been started. And how long will a message wait that comes
// now, which is what the API's admission must know: the oldest age tells of what came that long
// ago, so whoever refuses orders by it learns of the consequences too late, refuses too many and
// then too few.
class Backlog {
 public:
  // By partition, for how long its oldest unhandled message has waited. None: nothing waits.
  using Ages = std::map<std::int32_t, Duration>;

  // What is buffered at present. After a batch the buffers may look empty though the broker has
  // more, so what was seen is believed for a second.
  void observe(const Ages& ages, core::SteadyTime now);
  // So many messages were handled for good.
  void handled(std::size_t messages) { handled_ += messages; }

  [[nodiscard]] const Ages& ages() const { return ages_; }
  [[nodiscard]] Duration oldest() const;

  // How long a message that comes now will wait, when `unhandled` are there before it: as long as
  // the owner will need for those at its present speed. At least a quarter of the oldest age and at
  // most twice that, lest a wrong speed mislead admission; the oldest age while the speed is not
  // known.
  [[nodiscard]] Duration expected_wait(std::int64_t unhandled, core::SteadyTime now);

 private:
  void measure_speed(core::SteadyTime now);

  Ages ages_;
  std::map<std::int32_t, core::SteadyTime> seen_;
  std::uint64_t handled_ = 0;

  // Of the time in which there was always something to do.
  double per_second_ = 0;  // Messages handled; 0: not known.
  bool measuring_ = false;
  core::SteadyTime measured_at_{};
  std::uint64_t handled_then_ = 0;
};

// How much later the wake-up of a saga that has not started fires while the oldest message of its
// partition is `age` old: the saga's own OrderPlaced is probably behind it, and reading the saga
// twice would add to the backlog. Bounded, so that an order whose message is lost moves within the
// promised time.
inline constexpr Duration kBehindAtLeast = std::chrono::seconds{1};
inline constexpr Duration kStartGraceMax = std::chrono::seconds{20};
[[nodiscard]] Duration start_grace(Duration age);
[[nodiscard]] Duration start_grace(const Backlog::Ages& ages, std::int32_t partition);

}  // namespace orderflow::consumers
