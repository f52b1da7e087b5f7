#include "core/async/batch_pace.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

void handle(BatchPace& pace, int batches, std::size_t messages) {
  for (int i = 0; i < batches; ++i) pace.handled(messages);
}

TEST_CASE("on an idle system nobody waits for company") {
  BatchPace pace;
  CHECK(pace.window() == Duration{0});
  handle(pace, 100, 1);
  CHECK(pace.window() == Duration{0});
}

TEST_CASE("the more come together, the longer the first one waits, up to a limit") {
  BatchPace pace;
  handle(pace, 50, 8);
  CHECK(pace.expected() == 8);
  const auto window = pace.window();
  CHECK(window > Duration{0});
  handle(pace, 50, 16);
  CHECK(pace.window() > window);
  handle(pace, 50, 100'000);
  CHECK(pace.window() == BatchPace::kLongest);
}

TEST_CASE("a system that becomes idle is soon as quick as one that always was") {
  BatchPace pace;
  handle(pace, 50, 1'000);
  handle(pace, 30, 1);
  CHECK(pace.window() == Duration{0});
}

}  // namespace
}  // namespace orderflow::core
