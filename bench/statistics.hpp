#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.hpp"

namespace orderflow::bench {

struct LatencySummary {
  std::size_t count = 0;
  double p50_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;
  double max_ms = 0;
};

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

}  // namespace orderflow::bench
