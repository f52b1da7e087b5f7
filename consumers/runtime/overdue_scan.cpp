#include "consumers/runtime/overdue_scan.hpp"

#include <algorithm>
#include <cmath>

namespace orderflow::consumers {

using core::Duration;
using core::Time;

namespace {

// A fast read at most doubles the next chunk.
constexpr double kFewerMin = 0.5;

}  // namespace

void OverdueScan::restart() {
  next_ = {};
  first_ = 0;
  chunks_ = 1;
}

std::vector<std::int32_t> OverdueScan::chunk(const std::vector<std::int32_t>& owned) {
  if (owned.empty()) return {};
  const auto count =
      static_cast<std::size_t>(std::ceil(static_cast<double>(owned.size()) / chunks_));
  std::vector<std::int32_t> shards;
  shards.reserve(count);
  for (std::size_t i = 0; i < count; ++i) shards.push_back(owned[(first_ + i) % owned.size()]);
  first_ = (first_ + count) % owned.size();
  part_of_pass_ = static_cast<double>(count) / static_cast<double>(owned.size());
  return shards;
}

void OverdueScan::took(Duration duration, Time now) {
  const double of_aim =
      static_cast<double>(duration.count()) / static_cast<double>(kChunkAim.count());
  chunks_ = std::clamp(chunks_ * std::max(of_aim, kFewerMin), 1.0, kChunksMax);
  const auto of_chunk = [this](Duration pass) {
    return Duration{static_cast<std::int64_t>(static_cast<double>(pass.count()) * part_of_pass_)};
  };
  next_ = now + std::clamp(duration * share_, of_chunk(least_), of_chunk(most_));
}

}  // namespace orderflow::consumers
