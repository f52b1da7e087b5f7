#include "saga/engine/policy.hpp"

#include <algorithm>

#include "core/values/mixing.hpp"

namespace orderflow::saga {
namespace {

constexpr Duration kShortestPause = std::chrono::milliseconds{1};

}  // namespace

Duration backoff(const RetryPolicy& policy, const Uuid& command_id, int attempt) {
  double ceiling_us = static_cast<double>(policy.backoff_initial.count());
  const auto limit_us = static_cast<double>(policy.backoff_max.count());
  for (int i = 1; i < attempt && ceiling_us < limit_us; ++i) {
    ceiling_us *= policy.backoff_multiplier;
  }
  ceiling_us = std::min(ceiling_us, limit_us);
  const std::uint64_t seed = std::hash<Uuid>{}(command_id) + static_cast<std::uint64_t>(attempt);
  const double share = core::unit_interval(core::mixed(seed));
  return std::max(kShortestPause, Duration{static_cast<std::int64_t>(ceiling_us * share)});
}

}  // namespace orderflow::saga
