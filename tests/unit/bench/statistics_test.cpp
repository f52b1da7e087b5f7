#include "bench/statistics.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <vector>

using namespace std::chrono_literals;
using orderflow::bench::LatencySamples;
using orderflow::bench::time_to_recover;
using orderflow::bench::Timeline;
using orderflow::core::SteadyTime;

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

TEST_CASE("a timeline counts by tenths of a second, and nothing outside") {
  const SteadyTime begin{10s};
  Timeline timeline(begin, begin + 1s);
  for (const auto after : {-1ms, 0ms, 99ms, 100ms, 999ms, 1000ms}) timeline.add(begin + after);
  const std::vector<std::int64_t> expected = {2, 1, 0, 0, 0, 0, 0, 0, 0, 1};
  CHECK(timeline.tenths() == expected);
}

TEST_CASE("a rate is back with the first second that sees nine tenths of the usual") {
  std::vector<std::int64_t> tenths(100, 10);
  std::fill(tenths.begin() + 50, tenths.begin() + 62, 0);
  CHECK(time_to_recover(tenths, 50) == 1100ms);  // One empty tenth is within the tolerance.
  CHECK(time_to_recover(std::vector<std::int64_t>(100, 10), 50) == 0ms);
}

TEST_CASE("a rate that does not come back has no time, nor one that was never measured") {
  std::vector<std::int64_t> tenths(100, 10);
  std::fill(tenths.begin() + 50, tenths.end(), 5);
  CHECK_FALSE(time_to_recover(tenths, 50));
  CHECK_FALSE(time_to_recover(tenths, 9));
  CHECK_FALSE(time_to_recover({}, 0));
}
