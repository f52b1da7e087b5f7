#pragma once

#include <array>
#include <cstdint>

#include "core/values/mixing.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::simulation {

using core::Duration;
using core::Time;
using core::Uuid;

// xoshiro256** (Blackman and Vigna). Our own, because the standard's distributions differ between
// libraries and a seed must mean the same run everywhere. A value; one thread.
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) word = seed = core::split_mix(seed);
  }

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // In [0, bound); the bias of the remainder does not matter for bounds this small.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  double unit() { return core::unit_interval(next()); }
  bool chance(double share) { return unit() < share; }
  Duration between(Duration low, Duration high) {
    return low + Duration{static_cast<std::int64_t>(
                     below(static_cast<std::uint64_t>((high - low).count()) + 1))};
  }
  Uuid uuid() {
    Uuid id;
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(next() >> 32);
    return id;
  }

 private:
  static std::uint64_t rotate(std::uint64_t value, int by) {
    return (value << by) | (value >> (64 - by));
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace orderflow::simulation
