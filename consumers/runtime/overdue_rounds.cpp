#include "consumers/runtime/overdue_rounds.hpp"

#include <algorithm>
#include <cmath>

namespace orderflow::consumers {

using core::Duration;
using core::Time;

namespace {

// What is read faster than the aim is read in larger parts, though not at once.
constexpr double kFewerAtOnce = 0.5;

}  // namespace

void OverdueRounds::begin() {
  next_ = {};
  first_ = 0;
  parts_ = 1;
}

std::vector<std::int32_t> OverdueRounds::part(const std::vector<std::int32_t>& owned) {
  if (owned.empty()) return {};
  const auto count =
      static_cast<std::size_t>(std::ceil(static_cast<double>(owned.size()) / parts_));
  std::vector<std::int32_t> shards;
  shards.reserve(count);
  for (std::size_t i = 0; i < count; ++i) shards.push_back(owned[(first_ + i) % owned.size()]);
  first_ = (first_ + count) % owned.size();
  of_round_ = static_cast<double>(count) / static_cast<double>(owned.size());
  return shards;
}

void OverdueRounds::looked(Time now, Duration took) {
  const double of_aim = static_cast<double>(took.count()) / static_cast<double>(kPartAim.count());
  parts_ = std::clamp(parts_ * std::max(of_aim, kFewerAtOnce), 1.0, kPartsMax);
  const auto of_part = [this](Duration round) {
    return Duration{static_cast<std::int64_t>(static_cast<double>(round.count()) * of_round_)};
  };
  next_ = now + std::clamp(took * share_, of_part(least_), of_part(most_));
}

}  // namespace orderflow::consumers
