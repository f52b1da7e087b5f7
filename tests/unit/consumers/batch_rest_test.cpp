#include "consumers/batch_rest.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::consumers {
namespace {

using std::chrono::milliseconds;

TEST_CASE("an owner rests as long as it worked, never for long, and not before a large batch") {
  CHECK(rest_after(milliseconds{2}, 0) == milliseconds{2});
  CHECK(rest_after(milliseconds{2}, 199) == milliseconds{2});
  CHECK(rest_after(milliseconds{70}, 0) == milliseconds{8});
  CHECK(rest_after(milliseconds{2}, 200) == milliseconds{0});
}

}  // namespace
}  // namespace orderflow::consumers
