#include "consumers/runtime/due_timers.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::consumers {
namespace {

using core::Time;
using core::Uuid;
using std::chrono::seconds;

Uuid id(std::uint8_t number) {
  Uuid uuid;
  uuid.bytes[15] = number;
  return uuid;
}

Time at(int second) { return Time{seconds{second}}; }

TEST_CASE("what is due comes in order of time and stays until it is moved") {
  DueTimers timers(10);
  timers.set(0, id(1), at(30));
  timers.set(0, id(2), at(10));
  timers.set(0, id(3), at(20));
  timers.set(1, id(4), at(5));
  CHECK(timers.next(0) == at(10));
  CHECK(timers.due(0, at(20), 10) == std::vector{id(2), id(3)});
  CHECK(timers.due(0, at(20), 1) == std::vector{id(2)});
  CHECK(timers.size() == 4);
  timers.set(0, id(2), at(40));
  CHECK(timers.due(0, at(35), 10) == std::vector{id(3), id(1)});
  timers.set(0, id(3), Time::max());
  CHECK_FALSE(timers.contains(0, id(3)));
  CHECK(timers.next(0) == at(30));
  CHECK(timers.size() == 3);
}

TEST_CASE("a partition that is given up takes its timers along") {
  DueTimers timers(10);
  timers.set(0, id(1), at(1));
  timers.set(1, id(2), at(2));
  timers.drop(0);
  timers.drop(7);
  CHECK(timers.size() == 1);
  CHECK(timers.next(0) == Time::max());
  CHECK(timers.due(0, at(9), 10).empty());
  CHECK(timers.contains(1, id(2)));
}

TEST_CASE("the earliest of all, without partitions that must wait") {
  DueTimers timers(10);
  CHECK(timers.next_except({}) == Time::max());
  CHECK(timers.overdue(at(9)) == core::Duration{0});
  timers.set(0, id(1), at(3));
  timers.set(1, id(2), at(5));
  CHECK(timers.next_except({}) == at(3));
  CHECK(timers.next_except({0}) == at(5));
  CHECK(timers.next_except({0, 1}) == Time::max());
  CHECK(timers.overdue(at(3)) == core::Duration{0});
  CHECK(timers.overdue(at(9)) == at(9) - at(3));
}

TEST_CASE("what was due before its partition was taken counts from then") {
  DueTimers timers(10);
  timers.take(0, at(100));
  timers.set(0, id(1), at(3));
  CHECK(timers.overdue(at(100)) == core::Duration{0});
  CHECK(timers.overdue(at(104)) == seconds{4});
  timers.set(1, id(2), at(98));
  CHECK(timers.overdue(at(104)) == seconds{6});
  timers.drop(1);
  timers.set(0, id(1), at(103));
  CHECK(timers.overdue(at(104)) == seconds{1});
}

TEST_CASE("a full set forgets what is due last") {
  DueTimers timers(2);
  timers.set(0, id(1), at(10));
  timers.set(1, id(2), at(20));
  timers.set(0, id(3), at(30));
  CHECK_FALSE(timers.contains(0, id(3)));
  timers.set(0, id(4), at(5));
  CHECK_FALSE(timers.contains(1, id(2)));
  CHECK(timers.contains(0, id(4)));
  CHECK(timers.contains(0, id(1)));
  CHECK(timers.size() == 2);
}

}  // namespace
}  // namespace orderflow::consumers
