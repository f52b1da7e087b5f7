#include "consumers/runtime/restart_backoff.hpp"

#include <random>

#include "core/values/backoff.hpp"

namespace orderflow::consumers {

namespace {

constexpr core::Backoff kAround{std::chrono::milliseconds{50}, std::chrono::seconds{2}};

}  // namespace

core::Duration jittered(core::Duration around) {
  thread_local std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<std::int64_t> spread(around.count() / 2, around.count() * 3 / 2);
  return core::Duration{spread(random)};
}

core::SteadyTime RestartBackoff::next_end() {
  return std::chrono::steady_clock::now() + jittered(kAround.after(++failures_));
}

}  // namespace orderflow::consumers
