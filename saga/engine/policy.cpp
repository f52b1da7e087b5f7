#include "saga/engine/policy.hpp"

#include <algorithm>

#include "core/values/backoff.hpp"
#include "core/values/mixing.hpp"

namespace orderflow::saga {
namespace {

constexpr Duration kShortestPause = std::chrono::milliseconds{1};

}  // namespace

Duration backoff(const RetryPolicy& policy, const Uuid& command_id, int attempt) {
  const core::Backoff ceiling{policy.backoff_initial, policy.backoff_max,
                              policy.backoff_multiplier};
  const auto ceiling_us = static_cast<double>(ceiling.after(attempt).count());
  const std::uint64_t seed = std::hash<Uuid>{}(command_id) + static_cast<std::uint64_t>(attempt);
  const double share = core::unit_interval(core::mixed(seed));
  return std::max(kShortestPause, Duration{static_cast<std::int64_t>(ceiling_us * share)});
}

}  // namespace orderflow::saga
