#pragma once

#include <optional>
#include <string>

#include "core/observe/health.hpp"
#include "core/values/time.hpp"

namespace orderflow::consumers {

// Tells readiness when a role has come to nothing but failures for kFailingTimeout, and why: such a
// role lives, has its partitions, and moves no order. It is well again with the first batch it has
// done, or once it has not failed for as long. One thread, the owner loop's; the clock is passed
// in.
class ProgressHealth {
 public:
  static constexpr core::Duration kFailingTimeout = std::chrono::seconds{5};

  ProgressHealth(const std::string& role, core::Health& health);

  void failed(const std::string& why, core::SteadyTime now);
  void has_done_a_batch();
  // It lives, which proves something only after a while.
  void lives(core::SteadyTime now);

 private:
  std::string component_;
  core::Health& health_;
  std::optional<core::SteadyTime> failing_since_;
  core::SteadyTime last_failure_{};
};

}  // namespace orderflow::consumers
