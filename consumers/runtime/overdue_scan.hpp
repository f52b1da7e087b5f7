#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/values/time.hpp"

namespace orderflow::consumers {

// When to ask the database for overdue rows, and of which shards. Memory holds what is due next;
// the scan finds what memory has forgotten, so it may take its time, but messages must not wait for
// it. A pass over all owned shards is therefore made in chunks, each as large as can be read within
// kChunkAim, going by the time the one before took. One thread, no I/O; the clock is passed in.
class OverdueScan {
 public:
  // The scan takes one part in `share` of the time. A pass takes no less than `least` and, whatever
  // it costs, no more than `most`.
  OverdueScan(int share, core::Duration least, core::Duration most)
      : share_(share), least_(least), most_(most) {}

  // A new pass is due at once, in one chunk.
  void restart();
  // Nothing is owned.
  void stop() { next_ = core::Time::max(); }

  [[nodiscard]] core::Time next() const { return next_; }

  // Those of `owned` to ask about now; took() follows.
  [[nodiscard]] std::vector<std::int32_t> chunk(const std::vector<std::int32_t>& owned);
  void took(core::Duration duration, core::Time now);

  static constexpr core::Duration kChunkAim = std::chrono::milliseconds{5};
  // However slow the database: a query costs time even when it reads next to nothing.
  static constexpr double kChunksMax = 16;

 private:
  int share_;
  core::Duration least_;
  core::Duration most_;
  core::Time next_ = core::Time::max();
  std::size_t first_ = 0;    // Of the next chunk, as a position in `owned`.
  double chunks_ = 1;        // Of a pass, by the time they take at present.
  double part_of_pass_ = 1;  // That the latest chunk was.
};

}  // namespace orderflow::consumers
