#include "consumers/runtime/due_timers.hpp"

#include <algorithm>

namespace orderflow::consumers {

void DueTimers::erase(Lane& lane, const core::Uuid& id) {
  const auto found = lane.by_id.find(id);
  if (found == lane.by_id.end()) return;
  lane.by_time.erase({found->second, id});
  lane.by_id.erase(found);
  --size_;
}

bool DueTimers::make_room(core::Time due) {
  if (size_ < limit_) return true;
  Lane* latest = nullptr;
  for (auto& [partition, lane] : lanes_) {
    if (lane.by_time.empty()) continue;
    if (latest == nullptr || *lane.by_time.rbegin() > *latest->by_time.rbegin()) latest = &lane;
  }
  if (latest == nullptr || latest->by_time.rbegin()->first <= due) return false;
  const core::Uuid id = latest->by_time.rbegin()->second;
  erase(*latest, id);
  return true;
}

void DueTimers::set(std::int32_t partition, const core::Uuid& id, core::Time due) {
  Lane& lane = lanes_[partition];
  erase(lane, id);
  if (due == core::Time::max() || !make_room(due)) return;
  lane.by_time.emplace(due, id);
  lane.by_id.emplace(id, due);
  ++size_;
}

void DueTimers::drop(std::int32_t partition) {
  const auto lane = lanes_.find(partition);
  if (lane == lanes_.end()) return;
  size_ -= lane->second.by_id.size();
  lanes_.erase(lane);
}

bool DueTimers::contains(std::int32_t partition, const core::Uuid& id) const {
  const auto lane = lanes_.find(partition);
  return lane != lanes_.end() && lane->second.by_id.contains(id);
}

std::vector<core::Uuid> DueTimers::due(std::int32_t partition, core::Time now,
                                       std::size_t limit) const {
  std::vector<core::Uuid> ids;
  const auto lane = lanes_.find(partition);
  if (lane == lanes_.end()) return ids;
  for (const auto& [time, id] : lane->second.by_time) {
    if (time > now || ids.size() >= limit) break;
    ids.push_back(id);
  }
  return ids;
}

core::Time DueTimers::next(std::int32_t partition) const {
  const auto lane = lanes_.find(partition);
  if (lane == lanes_.end() || lane->second.by_time.empty()) return core::Time::max();
  return lane->second.by_time.begin()->first;
}

core::Time DueTimers::next_except(const std::set<std::int32_t>& partitions) const {
  core::Time earliest = core::Time::max();
  for (const auto& [partition, lane] : lanes_) {
    if (!partitions.contains(partition)) earliest = std::min(earliest, next(partition));
  }
  return earliest;
}

core::Duration DueTimers::overdue(core::Time now) const {
  core::Duration longest{0};
  for (const auto& [partition, lane] : lanes_) {
    const core::Time since = std::max(next(partition), lane.owned_since);
    longest = std::max(longest, now - std::min(now, since));
  }
  return longest;
}

}  // namespace orderflow::consumers
