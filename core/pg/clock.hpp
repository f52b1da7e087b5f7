#pragma once

#include <atomic>

#include "core/values/time.hpp"

namespace orderflow::core {

// The database's clock, carried between readings by this machine's monotonic one. Owners decide by
// it, so that processes with skewed clocks agree on what is due. Safe from any thread.
class DatabaseClock {
 public:
  // Takes a fresh reading: `database_now` as the server said it, at or just before this call.
  void observe(Time database_now) {
    offset_us_.store((database_now.time_since_epoch() - steady_us()).count(),
                     std::memory_order_relaxed);
    known_.store(true, std::memory_order_release);
  }

  // False until the first reading; now() is then this process's own clock.
  [[nodiscard]] bool known() const { return known_.load(std::memory_order_acquire); }

  [[nodiscard]] Time now() const {
    if (!known()) return process_now();
    return Time{steady_us() + Duration{offset_us_.load(std::memory_order_relaxed)}};
  }

 private:
  static Duration steady_us() {
    return std::chrono::duration_cast<Duration>(
        std::chrono::steady_clock::now().time_since_epoch());
  }

  std::atomic<std::int64_t> offset_us_{0};
  std::atomic<bool> known_{false};
};

}  // namespace orderflow::core
