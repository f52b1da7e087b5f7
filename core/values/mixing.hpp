#pragma once

#include <cstdint>

namespace orderflow::core {

// 2^64 divided by the golden ratio, odd: what SplitMix64 steps by.
inline constexpr std::uint64_t kGoldenGamma = 0x9e3779b97f4a7c15;

// The finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
// 2014): each bit of the input changes about half of the result's. Zero stays zero.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// A step of SplitMix64: mixes zero as well.
[[nodiscard]] constexpr std::uint64_t split_mix(std::uint64_t x) { return mixed(x + kGoldenGamma); }

// From mixed bits a number in [0, 1): as many of them as a double holds.
[[nodiscard]] constexpr double unit_interval(std::uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

}  // namespace orderflow::core
