#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/values/time.hpp"

namespace orderflow::consumers {

// Partitions of which somebody else holds a row locked: an open transaction of a person or a tool.
// They are laid down, so that the others go on, and asked for again after a pause that doubles from
// kPauseMin to kPauseMax as long as the lock stays. Meanwhile the role is not ready, and says who
// holds the lock. One thread, the owner loop's; the clock is passed in.
class LockedPartitions {
 public:
  static constexpr core::Duration kPauseMin = std::chrono::seconds{1};
  static constexpr core::Duration kPauseMax = std::chrono::seconds{32};
  // Without a lock for so long after the last pause, it is over.
  static constexpr core::Duration kOverAfter = std::chrono::seconds{5};

  LockedPartitions(const std::string& role, core::Health& health, core::Logger& logger,
                   core::Metrics& metrics);

  // They have met a lock, of which `holder` tells whose it is.
  void lay_down(const std::set<std::int32_t>& partitions, const std::string& holder,
                core::SteadyTime now);
  // Those whose pause is over since the last call.
  [[nodiscard]] std::set<std::int32_t> take_rested(core::SteadyTime now);
  // Whatever was laid down is another matter now: Kafka assigns anew, or all is read again.
  void forget_all() { resting_.clear(); }
  // Once a second: whether it is over.
  void tick(core::SteadyTime now);

 private:
  struct Pause {
    core::Duration length{};
    core::SteadyTime until{};
  };

  std::string component_;
  core::Health& health_;
  core::Logger& logger_;
  prometheus::Gauge& count_;
  std::set<std::int32_t> resting_;  // Until their last pause is over.
  std::map<std::int32_t, Pause> last_;
  bool ready_ = true;
};

}  // namespace orderflow::consumers
