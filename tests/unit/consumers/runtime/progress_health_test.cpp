#include "consumers/runtime/progress_health.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::consumers {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a role that only fails is not ready, and says why, until it has done something") {
  core::Health health;
  ProgressHealth progress("payments", health);
  const auto up = [&] { return health.up("payments progress"); };
  const core::SteadyTime start{1h};
  // Such as a restart of the database: soon over.
  progress.failed("it restarts", start);
  progress.failed("it restarts", start + 4s);
  CHECK(up());
  progress.has_done_a_batch();

  for (auto now = start + 10s; now <= start + 16s; now += 2s) {
    progress.failed("permission denied", now);
    // A heartbeat between two failures proves nothing.
    progress.lives(now + 1s);
  }
  CHECK_FALSE(up());
  CHECK(health.components().at("payments progress").detail ==
        "nothing succeeds: permission denied");
  SECTION("a batch") {
    progress.has_done_a_batch();
    CHECK(up());
  }
  SECTION("a while without failures") {
    progress.lives(start + 20s);
    CHECK_FALSE(up());
    progress.lives(start + 21s);
    CHECK(up());
  }
}

}  // namespace
}  // namespace orderflow::consumers
