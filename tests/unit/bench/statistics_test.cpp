#include "bench/statistics.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace std::chrono_literals;
using orderflow::bench::LatencySamples;

TEST_CASE("no samples summarize to zeros") {
  const auto summary = LatencySamples{}.summary();
  CHECK(summary.count == 0);
  CHECK(summary.p99_ms == 0);
}

TEST_CASE("one sample is every percentile") {
  LatencySamples samples;
  samples.add(4500us);
  const auto summary = samples.summary();
  CHECK(summary.count == 1);
  CHECK(summary.p50_ms == 4.5);
  CHECK(summary.p99_ms == 4.5);
  CHECK(summary.max_ms == 4.5);
}

TEST_CASE("percentiles are latencies that were measured, whatever order they came in") {
  LatencySamples samples;
  for (int ms = 100; ms >= 1; --ms) samples.add(std::chrono::milliseconds{ms});
  const auto summary = samples.summary();
  CHECK(summary.count == 100);
  CHECK(summary.p50_ms == 50);
  CHECK(summary.p95_ms == 95);
  CHECK(summary.p99_ms == 99);
  CHECK(summary.max_ms == 100);
}

TEST_CASE("a latency out of range is kept at the bound instead of wrapping round") {
  LatencySamples samples;
  samples.add(-5us);
  samples.add(std::chrono::hours{24});
  const auto summary = samples.summary();
  CHECK(summary.p50_ms == 0);
  CHECK(summary.max_ms == UINT32_MAX / 1e3);
}
