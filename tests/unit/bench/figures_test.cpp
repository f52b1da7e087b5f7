#include "bench/figures.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <string>

#include "core/values/failure.hpp"
#include "tests/support/environment.hpp"

namespace orderflow::bench {
namespace {

std::string figures_in(const std::string& text) {
  const testing::TemporaryFolder folder("figures");
  std::ofstream(folder.path() / "figures.json") << text;
  return figures_of(folder.path() / "figures.json");
}

TEST_CASE("the figures of each phase are a line") {
  CHECK(figures_in(R"({"phases": [
    {"clients": 64, "per_second": 1234.5, "latency_outcome": {"p50_ms": 1, "p99_ms": 20.346}},
    {"clients": 1, "per_second": 200, "latency_outcome": {"p50_ms": 0.5, "p99_ms": 2}}]})") ==
        "64 1234 1.00 20.35\n1 200 0.50 2.00\n");
  CHECK(figures_in(R"({"phases": []})").empty());
}

TEST_CASE("what holds no figures is refused by name") {
  CHECK_THROWS_AS(figures_in(""), core::BadConfiguration);
  CHECK_THROWS_AS(figures_in("{}"), core::BadConfiguration);
  CHECK_THROWS_AS(figures_in(R"({"phases": [{"clients": 1}]})"), core::BadConfiguration);
}

}  // namespace
}  // namespace orderflow::bench
