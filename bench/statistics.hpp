#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <vector>

#include "core/values/time.hpp"

namespace orderflow::bench {

struct LatencySummary {
  std::size_t count = 0;
  double p50_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;
};

// The same names everywhere, so that figures of different programs compare.
[[nodiscard]] nlohmann::ordered_json as_json(const LatencySummary& latency);

// Every latency of a phase, kept as it was measured: an order costs four bytes, and no bucket blurs
// the tail. One thread at a time.
class LatencySamples {
 public:
  void add(core::Duration latency);
  [[nodiscard]] std::size_t size() const { return microseconds_.size(); }

  // Nearest-rank percentiles: each is a latency that some order really had. All zero without
  // samples.
  [[nodiscard]] LatencySummary summary() const;

 private:
  std::vector<std::uint32_t> microseconds_;
};

// How often something happened in each tenth of a second between two moments.
class Timeline {
 public:
  Timeline() = default;
  Timeline(core::SteadyTime begin, core::SteadyTime end);

  void add(core::SteadyTime time);  // Before the begin and after the end nothing is counted.
  [[nodiscard]] const std::vector<std::int64_t>& tenths() const { return tenths_; }

 private:
  core::SteadyTime begin_;
  std::vector<std::int64_t> tenths_;
};

// How long after a fault, which began with tenth number `fault`, the rate was back: until the first
// second that sees nine tenths of what a second saw before. The seconds before are up to five;
// nullopt when there is none, or when the rate did not come back.
[[nodiscard]] std::optional<core::Duration> time_to_recover(std::span<const std::int64_t> tenths,
                                                            std::size_t fault);

}  // namespace orderflow::bench
