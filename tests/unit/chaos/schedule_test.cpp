#include "tests/chaos/schedule.hpp"
#include "events/roles.hpp"

#include <catch2/catch_test_macros.hpp>
#include <set>

#include "core/testing/crash_point.hpp"

namespace orderflow::chaos {
namespace {

using Lane = Schedule::Lane;

std::vector<std::string> first(std::uint64_t seed, Lane lane, int count) {
  Schedule schedule(seed, lane, true);
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) {
    const Fault fault = schedule.next();
    out.push_back(std::to_string(fault.pause.count()) + " " + describe(fault));
  }
  return out;
}

TEST_CASE("a seed is a schedule") {
  for (const Lane lane : {Lane::kProcesses, Lane::kNetwork}) {
    CHECK(first(7, lane, 200) == first(7, lane, 200));
    CHECK(first(7, lane, 200) != first(8, lane, 200));
  }
}

TEST_CASE("calm makes the pauses longer and leaves the faults as they are") {
  Schedule usual(7, Lane::kProcesses, true);
  Schedule calm(7, Lane::kProcesses, true, 10);
  for (int i = 0; i < 200; ++i) {
    const Fault one = usual.next();
    const Fault other = calm.next();
    CHECK(describe(other) == describe(one));
    CHECK(other.pause == 10 * one.pause);
  }
}

TEST_CASE("each kind of fault comes before one comes again too often") {
  for (const bool has_other : {true, false}) {
    std::set<FaultKind> seen;
    for (const Lane lane : {Lane::kProcesses, Lane::kNetwork}) {
      Schedule schedule(3, lane, has_other);
      for (int i = 0; i < 24; ++i) seen.insert(schedule.next().kind);
    }
    CHECK(seen.contains(FaultKind::kOtherVersion) == has_other);
    const auto all = static_cast<std::size_t>(FaultKind::kTerminateSessions) + 1;
    CHECK(seen.size() == (has_other ? all : all - 1));
  }
}

TEST_CASE("a schedule of some kinds has no others, and may have none") {
  Schedule some(5, Lane::kProcesses, false, 1, {"table locked", "database read-only", "delay"});
  for (int i = 0; i < 20; ++i) {
    const auto kind = some.next().kind;
    CHECK((kind == FaultKind::kLockedTable || kind == FaultKind::kReadOnly));
  }
  CHECK(Schedule(5, Lane::kNetwork, false, 1, {"table locked"}).empty());
}

TEST_CASE("a crash point that a schedule names exists") {
  Schedule schedule(11, Lane::kProcesses, false);
  int checked = 0;
  for (int i = 0; i < 500; ++i) {
    const Fault fault = schedule.next();
    const bool at_point = fault.kind == FaultKind::kStopInPipeline ||
                          fault.kind == FaultKind::kStopInAssign ||
                          fault.kind == FaultKind::kDieAtPoint;
    if (!at_point) continue;
    ++checked;
    CHECK(core::parse_crash_plan(fault.target + ":" + std::to_string(fault.amount),
                                 events::kCrashRoles));
  }
  CHECK(checked > 30);
}

}  // namespace
}  // namespace orderflow::chaos
