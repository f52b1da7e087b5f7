#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/values/time.hpp"

namespace orderflow::chaos {

struct Options {
  std::int64_t minutes = 3;
  std::int64_t sagas = 0;  // Over minutes: until so many orders are accepted.
  std::uint64_t seed = 0;  // By default the day's, so that each day tries something new.
  std::int64_t clients = 4;
  std::int64_t rate = 40;  // Operations a second of all clients; 0: as fast as they are answered.
  std::int64_t calm = 1;   // Factor of the pauses between faults.
  std::vector<std::string> only;  // Kinds of faults, by name; empty: all.
  std::string other_binary;
  bool plan = false;  // Only print what would happen.
};

// 20261128 on 28 November 2026, in UTC.
[[nodiscard]] std::uint64_t seed_of_day(core::Time time);

// Nothing when only --help was asked for. Throws core::BadConfiguration.
[[nodiscard]] std::optional<Options> read_options(std::span<const std::string> arguments);

}  // namespace orderflow::chaos
