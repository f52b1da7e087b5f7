#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/values/time.hpp"

namespace orderflow::consumers {

// When to ask the database for overdue rows, and of which shards. Memory holds what is due next;
// this finds what memory has forgotten, so it may take its time, but whoever waits for the owner
// meanwhile must not notice. So a round over all shards is made in parts, each as large as can be
// read within kPartAim by what the last one took. One thread, no I/O; the clock is passed in.
class OverdueRounds {
 public:
  // A round takes one part in `share` of the time, and no less than `least` and, whatever it costs,
  // no more than `most`.
  OverdueRounds(int share, core::Duration least, core::Duration most)
      : share_(share), least_(least), most_(most) {}

  // A new round begins at once, in one part.
  void begin();
  // Nothing is owned.
  void end() { next_ = core::Time::max(); }

  [[nodiscard]] core::Time next() const { return next_; }

  // Those of `owned` to ask about now; looked() follows.
  [[nodiscard]] std::vector<std::int32_t> part(const std::vector<std::int32_t>& owned);
  void looked(core::Time now, core::Duration took);

  static constexpr core::Duration kPartAim = std::chrono::milliseconds{5};
  // However slow: asking for next to nothing takes time too.
  static constexpr double kPartsMax = 16;

 private:
  int share_;
  core::Duration least_;
  core::Duration most_;
  core::Time next_ = core::Time::max();
  std::size_t first_ = 0;  // Of the next part, as a position in `owned`.
  double parts_ = 1;       // Of a round, by what they take at present.
  double of_round_ = 1;    // The latest part's share of a round.
};

}  // namespace orderflow::consumers
