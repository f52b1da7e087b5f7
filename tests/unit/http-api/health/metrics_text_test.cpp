#include "http-api/health/metrics_text.hpp"

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <string>

namespace orderflow::http_api {
namespace {

using std::chrono::milliseconds;

TEST_CASE("a flood of scrapes costs a few renderings, and is told nothing old") {
  int renderings = 0;
  MetricsText text([&renderings] { return std::to_string(++renderings); });
  const core::SteadyTime begin{std::chrono::hours{1}};
  for (int i = 1; i <= MetricsText::kRenderingsMax; ++i) {
    CHECK(*text.at(begin) == std::to_string(i));
  }
  const auto last = text.at(begin);
  for (int i = 0; i < 100; ++i) CHECK(text.at(begin + milliseconds{i}) == last);
  CHECK(renderings == MetricsText::kRenderingsMax);
  CHECK(*text.at(begin + MetricsText::kPeriod) == std::to_string(MetricsText::kRenderingsMax + 1));
  CHECK(renderings == MetricsText::kRenderingsMax + 1);
}

}  // namespace
}  // namespace orderflow::http_api
