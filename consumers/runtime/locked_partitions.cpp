#include "consumers/runtime/locked_partitions.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace orderflow::consumers {

LockedPartitions::LockedPartitions(const std::string& role, core::Health& health,
                                   core::Logger& logger, core::Metrics& metrics)
    : component_(role + " locks"),
      health_(health),
      logger_(logger),
      count_(metrics.gauge("partitions_locked",
                           "Partitions that wait because somebody else holds rows of theirs.",
                           {{"role", role}})) {
  health_.set(component_, true);
}

void LockedPartitions::lay_down(const std::set<std::int32_t>& partitions, const std::string& holder,
                                core::SteadyTime now) {
  for (const auto partition : partitions) {
    Pause& pause = last_[partition];
    const bool again = pause.length > core::Duration{0} && now - pause.until < kOverAfter;
    pause.length = again ? std::min(pause.length * 2, kPauseMax) : kPauseMin;
    pause.until = now + pause.length;
    resting_.insert(partition);
  }
  count_.Set(static_cast<double>(resting_.size()));
  const std::string detail = "rows are locked by " + holder;
  health_.set(component_, false, detail);
  if (std::exchange(ready_, false)) {
    logger_.error("partitions wait for a lock that somebody else holds; the others go on",
                  {{"partitions", partitions}, {"detail", detail}});
  }
}

std::set<std::int32_t> LockedPartitions::take_rested(core::SteadyTime now) {
  std::set<std::int32_t> rested;
  std::copy_if(resting_.begin(), resting_.end(), std::inserter(rested, rested.end()),
               [&](std::int32_t partition) { return last_[partition].until <= now; });
  for (const auto partition : rested) resting_.erase(partition);
  return rested;
}

void LockedPartitions::tick(core::SteadyTime now) {
  if (ready_) return;
  const bool waits = std::any_of(last_.begin(), last_.end(), [&](const auto& entry) {
    return now - entry.second.until < kOverAfter;
  });
  if (waits) return;
  last_.clear();
  ready_ = true;
  count_.Set(0);
  health_.set(component_, true);
  logger_.info("no lock is in the way any more");
}

}  // namespace orderflow::consumers
