#include "producers/publish_marks.hpp"

#include <catch2/catch_test_macros.hpp>

// Promise 4: the mark never runs ahead of what the broker has acknowledged.
namespace orderflow::producers {
namespace {

using core::SteadyTime;
using std::chrono::seconds;

constexpr std::int32_t kMarkedPartition = 3;

TEST_CASE("the mark follows the oldest batch that is not fully acknowledged") {
  PublishMarks marks;
  marks.begin(kMarkedPartition, 10);
  CHECK(marks.mark(kMarkedPartition) == 10);
  const auto first = marks.expect(kMarkedPartition, 11, SteadyTime{});
  const auto second = marks.expect(kMarkedPartition, 11, SteadyTime{});
  const auto third = marks.expect(kMarkedPartition, 13, SteadyTime{} + seconds{2});
  marks.acknowledged(third);
  CHECK(marks.mark(kMarkedPartition) == 10);
  CHECK(marks.oldest_unacknowledged(kMarkedPartition, SteadyTime{} + seconds{5}) == seconds{5});
  marks.acknowledged(first);
  CHECK(marks.mark(kMarkedPartition) == 10);
  marks.acknowledged(second);
  CHECK(marks.mark(kMarkedPartition) == 13);
  CHECK(marks.oldest_unacknowledged(SteadyTime{} + seconds{9}) == seconds{0});
}

TEST_CASE("partitions have marks of their own") {
  PublishMarks marks;
  marks.begin(0, 1);
  marks.begin(1, 5);
  const auto tag = marks.expect(0, 2, SteadyTime{});
  marks.acknowledged(marks.expect(1, 6, SteadyTime{}));
  CHECK(marks.mark(0) == 1);
  CHECK(marks.mark(1) == 6);
  marks.acknowledged(tag);
  CHECK(marks.mark(0) == 2);
}

// A partition is fenced and granted again while the producer, kept for the other partitions, still
// has its messages under way.
TEST_CASE("an acknowledgement of a former grant counts for nothing in the next") {
  PublishMarks marks;
  marks.begin(kMarkedPartition, 10);
  const auto old_first = marks.expect(kMarkedPartition, 11, SteadyTime{});
  const auto old_second = marks.expect(kMarkedPartition, 12, SteadyTime{});
  marks.begin(kMarkedPartition, 10);
  const auto again = marks.expect(kMarkedPartition, 11, SteadyTime{});
  marks.acknowledged(old_first);
  marks.acknowledged(old_second);
  CHECK(marks.mark(kMarkedPartition) == 10);
  marks.acknowledged(again);
  CHECK(marks.mark(kMarkedPartition) == 11);
}

// With a full outgoing queue acknowledgements come in while a batch is still being handed over.
TEST_CASE("a batch of which only the first message was sent is not acknowledged by that") {
  PublishMarks marks;
  marks.begin(kMarkedPartition, 10);
  const auto first = marks.expect(kMarkedPartition, 11, SteadyTime{});
  const auto second = marks.expect(kMarkedPartition, 11, SteadyTime{});
  marks.acknowledged(first);
  CHECK(marks.mark(kMarkedPartition) == 10);
  marks.acknowledged(second);
  CHECK(marks.mark(kMarkedPartition) == 11);
}

}  // namespace
}  // namespace orderflow::producers
