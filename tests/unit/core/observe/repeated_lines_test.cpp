#include "core/observe/repeated_lines.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnInterval = RepeatedLines::kInterval;
const SteadyTime kFirstSeen{1h};

RepeatedLines::Line line_saying(const std::string& reason) {
  return {{"level", "warning"}, {"message", "starting over"}, {"reason", reason}};
}

TEST_CASE("a line that repeats is written once and then counted") {
  RepeatedLines lines;
  CHECK(lines.is_new(line_saying("away"), kFirstSeen));
  for (int i = 1; i <= 100; ++i)
    CHECK_FALSE(lines.is_new(line_saying("away"), kFirstSeen + i * 100ms));
  CHECK(lines.is_new(line_saying("another"), kFirstSeen + 1s));
  CHECK(lines.take_due(kFirstSeen + kAnInterval - 1ms).empty());

  const auto due = lines.take_due(kFirstSeen + kAnInterval);
  REQUIRE(due.size() == 1);
  CHECK(due[0].at("reason") == "away");
  CHECK(due[0].at("repeated") == 100);
  CHECK(lines.take_due(kFirstSeen + kAnInterval).empty());
}

TEST_CASE("what has not repeated for an interval is new again") {
  RepeatedLines lines;
  CHECK(lines.is_new(line_saying("away"), kFirstSeen));
  CHECK_FALSE(lines.is_new(line_saying("away"), kFirstSeen + 1s));
  CHECK(lines.take_due(kFirstSeen + kAnInterval).size() == 1);
  CHECK_FALSE(lines.is_new(line_saying("away"), kFirstSeen + kAnInterval + 1s));
  CHECK(lines.take_due(kFirstSeen + 2 * kAnInterval).size() == 1);
  CHECK(lines.take_due(kFirstSeen + 3 * kAnInterval).empty());
  CHECK(lines.is_new(line_saying("away"), kFirstSeen + 3 * kAnInterval));
}

TEST_CASE("lines that all differ are all written, and not all remembered") {
  RepeatedLines lines;
  for (int i = 0; i < 1'000; ++i) CHECK(lines.is_new(line_saying(std::to_string(i)), kFirstSeen));
  CHECK_FALSE(lines.is_new(line_saying("0"), kFirstSeen));
  CHECK(lines.is_new(line_saying("999"), kFirstSeen));
}

}  // namespace
}  // namespace orderflow::core
