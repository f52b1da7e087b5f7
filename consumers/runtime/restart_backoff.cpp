#include "consumers/runtime/restart_backoff.hpp"

#include <algorithm>
#include <random>

namespace orderflow::consumers {

namespace {

constexpr core::Duration kShortest = std::chrono::milliseconds{50};
constexpr core::Duration kLongest = std::chrono::seconds{2};

}  // namespace

core::Duration jittered(core::Duration around) {
  thread_local std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<std::int64_t> spread(around.count() / 2, around.count() * 3 / 2);
  return core::Duration{spread(random)};
}

core::SteadyTime RestartBackoff::next_end() {
  around_ = std::clamp(around_ * 2, kShortest, kLongest);
  return std::chrono::steady_clock::now() + jittered(around_);
}

}  // namespace orderflow::consumers
