#include "core/async/descriptors.hpp"

#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

TEST_CASE("the limit of descriptors is raised to the hard one") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit lowered{std::min<rlim_t>(256, before.rlim_max), before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &lowered) == 0);
  CHECK(raise_descriptor_limit() == before.rlim_max);
  rlimit after{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &after) == 0);
  CHECK(after.rlim_cur == after.rlim_max);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}

TEST_CASE("connections are as many as descriptors allow") {
  CHECK(connections_within(1'000'000, 400, 10'000) == 10'000);
  CHECK(connections_within(1'024, 400, 10'000) == 624);
  CHECK_THROWS_MATCHES(connections_within(256, 400, 10'000), BadConfiguration,
                       MessageMatches(ContainsSubstring("256") && ContainsSubstring("ulimit")));
}

}  // namespace
}  // namespace orderflow::core
