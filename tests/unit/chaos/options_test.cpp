#include "tests/chaos/options.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <string>
#include <vector>

namespace orderflow::chaos {
namespace {

TEST_CASE("a day's seed is its date in UTC") {
  CHECK(seed_of_day(core::parse_rfc3339("2026-11-28T00:00:00.000Z").value()) == 20261128);
  CHECK(seed_of_day(core::parse_rfc3339("2026-11-28T23:59:59.999Z").value()) == 20261128);
  CHECK(seed_of_day(core::parse_rfc3339("2027-01-01T00:30:00.000Z").value()) == 20270101);
}

TEST_CASE("the seed is the day's unless a setting or an argument gives another") {
  const auto seed = [](const std::vector<std::string>& arguments) {
    return read_options(arguments).value().seed;
  };
  ::unsetenv("ORDERFLOW_TEST_SEED");
  const auto before = seed_of_day(core::process_now());
  const auto found = seed({});
  CHECK((found == before || found == seed_of_day(core::process_now())));
  ::setenv("ORDERFLOW_TEST_SEED", "7", 1);
  CHECK(seed({}) == 7);
  CHECK(seed({"--seed", "8"}) == 8);
  ::unsetenv("ORDERFLOW_TEST_SEED");
}

}  // namespace
}  // namespace orderflow::chaos
