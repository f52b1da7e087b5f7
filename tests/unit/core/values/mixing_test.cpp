#include "core/values/mixing.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

// The first numbers of SplitMix64 with the seed 1234567, as published with it.
TEST_CASE("bits are mixed as SplitMix64 mixes them") {
  constexpr std::uint64_t kSeed = 1234567;
  CHECK(split_mix(kSeed) == 6457827717110365317U);
  CHECK(split_mix(kSeed + kGoldenGamma) == 3203168211198807973U);
  CHECK(split_mix(kSeed + 2 * kGoldenGamma) == 9817491932198370423U);
  CHECK(mixed(0) == 0);
}

TEST_CASE("mixed bits become a share of one") {
  CHECK(unit_interval(0) == 0.0);
  CHECK(unit_interval(~std::uint64_t{0}) < 1.0);
  CHECK(unit_interval(std::uint64_t{1} << 63) == 0.5);
}

}  // namespace
}  // namespace orderflow::core
