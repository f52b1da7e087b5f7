#include "producers/publish_marks.hpp"

#include <algorithm>

namespace orderflow::producers {

using core::Duration;
using core::SteadyTime;

namespace {

constexpr int kIndexBits = 48;
constexpr std::uint64_t kIndexMask = (1ULL << kIndexBits) - 1;

}  // namespace

void PublishMarks::begin(std::int32_t partition, std::int64_t mark) {
  Lane& lane = lanes_[partition];
  // Indexes go on where the former grant's ended, so that no tag of it fits a message of this one.
  lane = Lane{mark, lane.first_index + lane.entries.size(), {}};
}

std::uint64_t PublishMarks::expect(std::int32_t partition, std::int64_t batch_no, SteadyTime now) {
  Lane& lane = lanes_[partition];
  if (lane.entries.empty() || lane.entries.back().batch_no != batch_no) {
    lane.entries.push_back({batch_no, 0, now});
  }
  ++lane.entries.back().outstanding;
  const std::uint64_t index = lane.first_index + lane.entries.size() - 1;
  return (static_cast<std::uint64_t>(partition) << kIndexBits) | index;
}

std::int32_t PublishMarks::partition_of(std::uint64_t tag) {
  return static_cast<std::int32_t>(tag >> kIndexBits);
}

void PublishMarks::acknowledged(std::uint64_t tag) {
  const auto lane = lanes_.find(partition_of(tag));
  if (lane == lanes_.end()) return;
  const std::uint64_t index = tag & kIndexMask;
  auto& [mark, first_index, entries] = lane->second;
  if (index < first_index || index - first_index >= entries.size()) return;
  --entries[index - first_index].outstanding;
  while (!entries.empty() && entries.front().outstanding == 0) {
    mark = std::max(mark, entries.front().batch_no);
    entries.pop_front();
    ++first_index;
  }
}

std::int64_t PublishMarks::mark(std::int32_t partition) const {
  const auto lane = lanes_.find(partition);
  return lane == lanes_.end() ? 0 : lane->second.mark;
}

Duration PublishMarks::oldest_unacknowledged(std::int32_t partition, SteadyTime now) const {
  const auto lane = lanes_.find(partition);
  if (lane == lanes_.end() || lane->second.entries.empty()) return Duration{0};
  return std::chrono::duration_cast<Duration>(now - lane->second.entries.front().since);
}

Duration PublishMarks::oldest_unacknowledged(SteadyTime now) const {
  Duration oldest{0};
  for (const auto& [partition, lane] : lanes_) {
    oldest = std::max(oldest, oldest_unacknowledged(partition, now));
  }
  return oldest;
}

}  // namespace orderflow::producers
