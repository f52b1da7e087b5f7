#include "core/net/probe_queue.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBatchInterval = 15s;
constexpr Time kReleased{std::chrono::hours{24}};
constexpr auto kBatch = static_cast<int>(ProbeQueue::kBatch);

Uuid waiting_id(int number) {
  return Uuid{{static_cast<std::uint8_t>(number / 256), static_cast<std::uint8_t>(number % 256)}};
}

bool anyone(const Uuid& /*id*/) { return true; }

ProbeQueue queue_of(int count) {
  ProbeQueue queue(kBatchInterval);
  for (int i = 1; i <= count; ++i) queue.add(waiting_id(i));
  return queue;
}

void answered(ProbeQueue& queue, int first, int last) {
  for (int i = first; i <= last; ++i) queue.remove(waiting_id(i));
}

TEST_CASE("behind an open breaker ids are the next probe in turn") {
  auto queue = queue_of(3);
  for (const int expected : {1, 2, 3, 1}) CHECK(queue.next(anyone) == waiting_id(expected));
  queue.remove(waiting_id(2));
  CHECK(queue.next(anyone) == waiting_id(3));
  CHECK(queue.next_batch() == Time::max());
}

TEST_CASE("an id that cannot ask keeps its place and takes nobody else's") {
  auto queue = queue_of(3);
  CHECK(queue.next([](const Uuid& id) { return id == waiting_id(3); }) == waiting_id(3));
  CHECK_FALSE(queue.next([](const Uuid&) { return false; }));
  CHECK(queue.next(anyone) == waiting_id(1));
}

TEST_CASE("after the breaker has closed ids ask in batches") {
  auto queue = queue_of(2 * kBatch + 49);
  queue.release(kReleased);
  CHECK(queue.next_batch() == kReleased);
  CHECK(queue.take_batch(kReleased, anyone).size() == kBatch);
  CHECK(queue.batch_under_way() == kReleased);
  CHECK(queue.next_batch() == kReleased + kBatchInterval);

  SECTION("the next when the last is answered") {
    answered(queue, 1, kBatch - 1);
    CHECK(queue.next_batch() == kReleased + kBatchInterval);
    answered(queue, kBatch, kBatch);
    CHECK_FALSE(queue.batch_under_way());
    CHECK(queue.next_batch() == Time{});
    CHECK(queue.take_batch(kReleased + 1s, anyone).size() == kBatch);
    answered(queue, kBatch + 1, 2 * kBatch);
    CHECK(queue.take_batch(kReleased + 2s, anyone).size() == 49);
    answered(queue, 2 * kBatch + 1, 2 * kBatch + 49);
    CHECK(queue.empty());
    CHECK(queue.next_batch() == Time::max());
  }
  SECTION("or an interval later") {
    CHECK(queue.take_batch(kReleased + kBatchInterval, anyone).front() == waiting_id(kBatch + 1));
    CHECK(queue.batch_under_way() == kReleased + kBatchInterval);
  }
  SECTION("and none when the breaker opens again") {
    queue.hold();
    CHECK_FALSE(queue.batch_under_way());
    CHECK(queue.next_batch() == Time::max());
    CHECK(queue.take_batch(kReleased + kBatchInterval, anyone).empty());
    CHECK(queue.next(anyone) == waiting_id(1));
  }
}

TEST_CASE("a batch passes over ids that cannot ask, which come later") {
  auto queue = queue_of(2 * kBatch);
  queue.release(kReleased);
  const auto later = [](const Uuid& id) { return id > waiting_id(kBatch); };
  const auto first = queue.take_batch(kReleased, later);
  REQUIRE(first.size() == kBatch);
  CHECK(first.front() == waiting_id(kBatch + 1));
  answered(queue, kBatch + 1, 2 * kBatch);
  CHECK(queue.take_batch(kReleased + 1s, later).empty());
  CHECK(queue.next_batch() == kReleased + 1s + kBatchInterval);
  CHECK(queue.take_batch(kReleased + 1s + kBatchInterval, anyone).size() == kBatch);
}

TEST_CASE("ids that come after the release are not of it") {
  auto queue = queue_of(1);
  queue.release(kReleased);
  queue.add(waiting_id(2));
  CHECK(queue.take_batch(kReleased, anyone) == std::vector{waiting_id(1)});
  queue.remove(waiting_id(1));
  CHECK(queue.take_batch(kReleased + kBatchInterval, anyone).empty());
  CHECK(queue.next_batch() == Time::max());
}

}  // namespace
}  // namespace orderflow::core
