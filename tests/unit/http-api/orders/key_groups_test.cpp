#include "http-api/orders/key_groups.hpp"

#include <catch2/catch_test_macros.hpp>
#include <deque>

namespace orderflow::http_api {
namespace {

// Orders of one batch, and what becomes of them.
class Batch {
 public:
  // Without a key when `key` is empty; `body` stands for what is asked.
  PlaceOutcome& add(const std::string& key, const std::string& body) {
    NewOrder& order = orders_.emplace_back();
    order.row.id = core::ShardKey(core::new_uuid_v7());
    if (!key.empty()) order.key = IdempotencyKey{"POST /orders", key, body};
    members_.push_back({&order, &outcomes_.emplace_back()});
    return outcomes_.back();
  }
  std::vector<KeyGroup> groups() { return group_by_key(members_); }
  [[nodiscard]] const core::Uuid& id(std::size_t index) const { return orders_[index].row.id.uuid; }

 private:
  std::deque<NewOrder> orders_;
  std::deque<PlaceOutcome> outcomes_;
  std::vector<KeyGroup::Member> members_;
};

TEST_CASE("orders without a key are groups of their own") {
  Batch batch;
  (void)batch.add("", "a");
  (void)batch.add("k", "a");
  (void)batch.add("", "a");
  (void)batch.add("k", "b");
  CHECK(batch.groups().size() == 3);
}

TEST_CASE("who repeats the first of a batch gets its answer, who asks for something else is told") {
  Batch batch;
  const auto& first = batch.add("k", "a");
  const auto& same = batch.add("k", "a");
  const auto& other = batch.add("k", "b");
  auto groups = batch.groups();
  groups[0].inserted();
  CHECK(groups[0].decided());
  CHECK(first.result == PlaceResult::kPlaced);
  CHECK(same.result == PlaceResult::kReplayed);
  CHECK(same.order.id.uuid == batch.id(0));
  CHECK(same.order.created_at == core::time_of(batch.id(0)));
  CHECK(other.result == PlaceResult::kKeyReused);
}

TEST_CASE("a refused order takes only those along that say the same") {
  Batch batch;
  const auto& bad = batch.add("k", "bad");
  const auto& as_bad = batch.add("k", "bad");
  const auto& good = batch.add("k", "good");
  auto groups = batch.groups();
  groups[0].refused("why");
  CHECK(bad.result == PlaceResult::kRefused);
  CHECK(as_bad.result == PlaceResult::kRefused);
  REQUIRE_FALSE(groups[0].decided());
  CHECK(groups[0].candidate().row.id.uuid == batch.id(2));
  groups[0].inserted();
  CHECK(good.result == PlaceResult::kPlaced);
}

TEST_CASE("a key that was taken before decides all of its group") {
  Batch batch;
  const auto& same = batch.add("k", "a");
  const auto& other = batch.add("k", "b");
  auto groups = batch.groups();
  OrderRow earlier;
  earlier.id = core::ShardKey(core::new_uuid_v7());
  groups[0].taken(earlier, "a");
  CHECK(same.result == PlaceResult::kReplayed);
  CHECK(same.order.id.uuid == earlier.id.uuid);
  CHECK(other.result == PlaceResult::kKeyReused);
}

TEST_CASE("what nobody knows is unavailable, but for what was decided before") {
  Batch batch;
  const auto& bad = batch.add("k", "bad");
  const auto& good = batch.add("k", "good");
  auto groups = batch.groups();
  groups[0].refused("why");
  groups[0].unavailable("down");
  CHECK(bad.result == PlaceResult::kRefused);
  CHECK(good.result == PlaceResult::kUnavailable);
  CHECK(good.detail == "down");
}

}  // namespace
}  // namespace orderflow::http_api
