#include "consumers/runtime/transaction.hpp"

#include <catch2/catch_test_macros.hpp>
#include <stdexcept>
#include <string_view>

#include "consumers/runtime/owned_partitions.hpp"

namespace orderflow::consumers {
namespace {

constexpr core::PgStatement kEffect{"an_effect", "SELECT 1"};
constexpr Time kSince{std::chrono::hours{24}};

const Grants kGrants{{0, {0, 7, 100, 10, 9}}, {1, {1, 3, 50, 20, 18}}, {2, {2, 5, 0, 0, 0}}};

producers::PublishMarks marks_of_first() {
  producers::PublishMarks marks;
  marks.begin(0, 10);
  return marks;
}

TEST_CASE("a batch advances the partitions of its messages and those it touches, no others") {
  const auto advances = batch_advances(kGrants, {{0, 104}}, {1}, marks_of_first(), kSince);
  REQUIRE(advances.size() == 2);
  const auto& read = advances[0];
  CHECK(read.partition == 0);
  CHECK(read.epoch == 7);
  CHECK(read.expected_offset == 100);
  CHECK(read.next_offset == 104);
  CHECK(read.batch_no == 11);
  CHECK(read.published_mark == 10);
  CHECK(read.oldest_ready_at == kSince);
  const auto& touched = advances[1];
  CHECK(touched.partition == 1);
  CHECK(touched.expected_offset == 50);
  CHECK(touched.next_offset == 50);
  CHECK(touched.batch_no == 21);
  CHECK(touched.published_mark == 18);  // The publisher knows of none, so what is stored stands.
}

TEST_CASE("a partition that is not owned is never written") {
  CHECK_THROWS_AS(batch_advances(kGrants, {}, {9}, {}, {}), std::out_of_range);
}

TEST_CASE("marks are written for every owned partition, as no batch") {
  const auto advances = mark_advances(kGrants, marks_of_first(), std::nullopt);
  REQUIRE(advances.size() == 3);
  CHECK(advances[0].batch_no == 10);
  CHECK(advances[0].published_mark == 10);
  CHECK(advances[1].next_offset == 50);
}

TEST_CASE("a transaction begins with the ownership check of what it advances") {
  const PartitionStore store("payments", "payments");
  TransactionDraft draft;
  draft.calls.push_back({&kEffect, {}});
  const auto transaction =
      make_transaction(store, "a topic", batch_advances(kGrants, {}, {0, 1}, {}, {}), draft);
  REQUIRE(transaction.calls.size() == 2);
  const auto& check = transaction.calls.front();
  CHECK(std::string_view(check.statement->name) == "payments_check");
  CHECK(std::get<core::PgRows>(check.params.all().front().value).size() == 2);
  CHECK(transaction.calls.back().statement == &kEffect);

  CHECK(make_transaction(store, "a topic", {}, draft).calls.empty());
}

TEST_CASE("what is committed is what the owner holds from then on") {
  OwnedPartitions partitions(core::Duration{0});
  partitions.take({{0, 7, 100, 10, 9}, {1, 3, 50, 20, 18}});
  const auto advances = batch_advances(partitions.grants(), {{0, 104}}, {}, marks_of_first(), {});
  partitions.apply({advances});
  const Grant& grant = partitions.grants().at(0);
  CHECK(grant.epoch == 7);
  CHECK(grant.next_offset == 104);
  CHECK(grant.batch_no == 11);
  CHECK(grant.published_mark == 10);
  CHECK(partitions.grants().at(1).batch_no == 20);
}

TEST_CASE("a partition whose offset the broker has forgotten is read from its log's beginning") {
  OwnedPartitions partitions(core::Duration{0});
  partitions.take({{0, 1, 100, 0, 0}, {1, 1, 50, 0, 0}});
  const auto offset_of = [&](std::size_t index) {
    return partitions.read_positions().at(index).offset;
  };
  partitions.lose_offset(1);
  CHECK(offset_of(0) == 100);
  CHECK(offset_of(1) == RD_KAFKA_OFFSET_BEGINNING);
  partitions.drop({0, 1});
  CHECK(partitions.empty());
  partitions.take({{1, 2, 60, 0, 0}});
  CHECK(offset_of(0) == 60);
}

}  // namespace
}  // namespace orderflow::consumers
