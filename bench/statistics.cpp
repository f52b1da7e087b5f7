#include "bench/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

namespace orderflow::bench {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTenth{100};
constexpr std::size_t kSecond = 10;
constexpr std::size_t kSecondsBefore = 5;
constexpr double kBack = 0.9;

std::int64_t sum(std::span<const std::int64_t> tenths) {
  return std::accumulate(tenths.begin(), tenths.end(), std::int64_t{0});
}

double nearest_rank_ms(const std::vector<std::uint32_t>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1] / 1e3;
}

}  // namespace

nlohmann::ordered_json as_json(const LatencySummary& latency) {
  return {{"count", latency.count},
          {"p50_ms", latency.p50_ms},
          {"p95_ms", latency.p95_ms},
          {"p99_ms", latency.p99_ms},
          {"max_ms", latency.max_ms}};
}

void LatencySamples::add(core::Duration latency) {
  const auto bounded = std::clamp<std::int64_t>(latency.count(), 0, UINT32_MAX);
  microseconds_.push_back(static_cast<std::uint32_t>(bounded));
}

LatencySummary LatencySamples::summary() const {
  if (microseconds_.empty()) return {};
  auto sorted = microseconds_;
  std::sort(sorted.begin(), sorted.end());
  return {sorted.size(), nearest_rank_ms(sorted, 0.50), nearest_rank_ms(sorted, 0.95),
          nearest_rank_ms(sorted, 0.99), sorted.back() / 1e3};
}

Timeline::Timeline(core::SteadyTime begin, core::SteadyTime end)
    : begin_(begin), tenths_(static_cast<std::size_t>(std::max((end - begin) / kTenth, 0L))) {}

void Timeline::add(core::SteadyTime time) {
  if (time < begin_) return;
  const auto tenth = static_cast<std::size_t>((time - begin_) / kTenth);
  if (tenth < tenths_.size()) ++tenths_[tenth];
}

std::optional<core::Duration> time_to_recover(std::span<const std::int64_t> tenths,
                                              std::size_t fault) {
  const std::size_t seconds = std::min(fault / kSecond, kSecondsBefore);
  if (seconds == 0 || fault > tenths.size()) return std::nullopt;
  const auto before = tenths.subspan(fault - seconds * kSecond, seconds * kSecond);
  const double enough = kBack * static_cast<double>(sum(before)) / static_cast<double>(seconds);
  for (std::size_t at = fault; at + kSecond <= tenths.size(); ++at) {
    if (static_cast<double>(sum(tenths.subspan(at, kSecond))) >= enough) {
      return kTenth * static_cast<std::int64_t>(at - fault);
    }
  }
  return std::nullopt;
}

}  // namespace orderflow::bench
