#include "saga/engine/policy.hpp"

#include <algorithm>

namespace orderflow::saga {
namespace {

constexpr Duration kShortestPause = std::chrono::milliseconds{1};

// A finalizer of MurmurHash3: spreads the bits of an id that is already a digest.
std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

}  // namespace

Duration backoff(const RetryPolicy& policy, const Uuid& command_id, int attempt) {
  double ceiling_us = static_cast<double>(policy.backoff_initial.count());
  const auto limit_us = static_cast<double>(policy.backoff_max.count());
  for (int i = 1; i < attempt && ceiling_us < limit_us; ++i) {
    ceiling_us *= policy.backoff_multiplier;
  }
  ceiling_us = std::min(ceiling_us, limit_us);
  const std::uint64_t seed = std::hash<Uuid>{}(command_id) + static_cast<std::uint64_t>(attempt);
  const double share = static_cast<double>(mix(seed) >> 11) / 9007199254740992.0;  // 2^53
  return std::max(kShortestPause, Duration{static_cast<std::int64_t>(ceiling_us * share)});
}

}  // namespace orderflow::saga
