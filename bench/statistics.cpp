#include "bench/statistics.hpp"

#include <algorithm>
#include <cmath>

namespace orderflow::bench {
namespace {

double nearest_rank_ms(const std::vector<std::uint32_t>& sorted, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1] / 1e3;
}

}  // namespace

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

}  // namespace orderflow::bench
