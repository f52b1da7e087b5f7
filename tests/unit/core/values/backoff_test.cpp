#include "core/values/backoff.hpp"

#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <utility>

namespace orderflow::core {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a pause grows by its factor up to its limit") {
  constexpr Backoff kDoubling{200ms, 1s};
  for (const auto& [failures, pause] :
       {std::pair{1, 200ms}, {2, 400ms}, {3, 800ms}, {4, 1'000ms}, {5, 1'000ms}}) {
    CHECK(kDoubling.after(failures) == pause);
  }
  CHECK(kDoubling.after(std::numeric_limits<int>::max()) == 1s);
  constexpr Backoff kTripling{1ms, 1min, 3};
  CHECK(kTripling.after(4) == 27ms);
}

}  // namespace
}  // namespace orderflow::core
