#include "consumers/runtime/locked_partitions.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::consumers {
namespace {

using namespace std::chrono_literals;
using Partitions = std::set<std::int32_t>;

class Locks {
 public:
  Locks() : locked("payments", health, logger_, metrics_) {}

  [[nodiscard]] bool up() const { return health.up("payments locks"); }

 private:
  core::Logger logger_{"payments", core::LogLevel::kError};
  core::Metrics metrics_{"test"};

 public:
  core::Health health;
  LockedPartitions locked;
};

TEST_CASE("a locked partition is asked for again after a pause that doubles") {
  Locks locks;
  core::SteadyTime now{1h};
  auto pause = core::Duration{LockedPartitions::kPauseMin};
  for (int i = 0; i < 8; ++i) {
    locks.locked.lay_down({3}, "somebody", now);
    CHECK(locks.locked.take_rested(now + pause - 1ms).empty());
    now += pause;
    CHECK(locks.locked.take_rested(now) == Partitions{3});
    CHECK(locks.locked.take_rested(now).empty());
    pause = std::min<core::Duration>(pause * 2, LockedPartitions::kPauseMax);
  }
  SECTION("and is short again when the lock was gone for a while") {
    now += LockedPartitions::kOverAfter;
    locks.locked.lay_down({3}, "somebody", now);
    CHECK(locks.locked.take_rested(now + LockedPartitions::kPauseMin) == Partitions{3});
  }
  SECTION("of which another partition knows nothing") {
    locks.locked.lay_down({3, 5}, "somebody", now);
    CHECK(locks.locked.take_rested(now + LockedPartitions::kPauseMin) == Partitions{5});
  }
  SECTION("unless Kafka has assigned anew") {
    locks.locked.lay_down({3}, "somebody", now);
    locks.locked.forget_all();
    CHECK(locks.locked.take_rested(now + 1h).empty());
  }
}

TEST_CASE("a role with a locked partition is not ready, and says who holds the lock") {
  Locks locks;
  const core::SteadyTime start{1h};
  CHECK(locks.up());
  locks.locked.lay_down({3}, "pid 17", start);
  CHECK_FALSE(locks.up());
  CHECK(locks.health.components().at("payments locks").detail == "rows are locked by pid 17");
  const auto rested = start + LockedPartitions::kPauseMin;
  (void)locks.locked.take_rested(rested);
  locks.locked.tick(rested + LockedPartitions::kOverAfter - 1ms);
  CHECK_FALSE(locks.up());
  locks.locked.tick(rested + LockedPartitions::kOverAfter);
  CHECK(locks.up());
}

}  // namespace
}  // namespace orderflow::consumers
