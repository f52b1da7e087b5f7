#include "consumers/runtime/log_growth.hpp"

#include <algorithm>
#include <utility>

namespace orderflow::consumers {

using core::SteadyTime;

void LogGrowth::observe(std::int32_t partition, std::int64_t end, SteadyTime now) {
  if (end < 0) return;
  Log& log = logs_[partition];
  auto& samples = log.samples;
  if (!samples.empty() && end < samples.back().end) log = Log{};
  if (!samples.empty() && end == samples.back().end) return;
  // The first sample stands alone, since it says what was there before anybody looked.
  if (samples.size() > 1 && now - samples.back().at < log.interval) {
    samples.back().end = end;
    return;
  }
  if (samples.size() >= kSamplesMax) thin(log);
  samples.push_back({end, now});
}

// Of each two neighbours the later one stands for both: half the samples, at half the precision.
void LogGrowth::thin(Log& log) {
  static_assert(kSamplesMax % 2 == 0);
  std::deque<Sample> kept;
  for (std::size_t i = 1; i < log.samples.size(); i += 2) kept.push_back(log.samples[i]);
  log.samples = std::move(kept);
  log.interval *= 2;
}

std::optional<SteadyTime> LogGrowth::since(std::int32_t partition, std::int64_t offset) const {
  const auto found = logs_.find(partition);
  if (found == logs_.end()) return std::nullopt;
  const auto& samples = found->second.samples;
  const auto sample =
      std::upper_bound(samples.begin(), samples.end(), offset,
                       [](std::int64_t wanted, const Sample& s) { return wanted < s.end; });
  return sample == samples.end() ? std::nullopt : std::optional(sample->at);
}

std::int64_t LogGrowth::end(std::int32_t partition) const {
  const auto found = logs_.find(partition);
  return found == logs_.end() || found->second.samples.empty() ? 0
                                                               : found->second.samples.back().end;
}

// The last sample stays: it says where the log ends.
void LogGrowth::forget_before(std::int32_t partition, std::int64_t offset) {
  const auto found = logs_.find(partition);
  if (found == logs_.end()) return;
  auto& [samples, interval] = found->second;
  while (samples.size() > 1 && samples.front().end <= offset) samples.pop_front();
  if (samples.size() < kSamplesMax / 4) interval = kSampleInterval;
}

}  // namespace orderflow::consumers
