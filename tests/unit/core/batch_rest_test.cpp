#include "core/batch_rest.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

using std::chrono::milliseconds;

TEST_CASE("who handles few messages at a time never rests, who handles many does, not for long") {
  CHECK(rest_after(0) == Duration{0});
  CHECK(rest_after(2) == Duration{0});
  CHECK(rest_after(3) > Duration{0});
  CHECK(rest_after(6) == 2 * rest_after(3));
  CHECK(rest_after(1'000) == milliseconds{10});
}

}  // namespace
}  // namespace orderflow::core
