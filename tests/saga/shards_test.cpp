#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <iterator>
#include <string>

#include "tests/support/shards.hpp"
#include "tests/support/shop.hpp"

// Rows that belong together can be moved to another server together, since each has the shard of
// its key. conclude() compares every row's with the one the program computes, here and after every
// other test.
namespace orderflow::testing {
namespace {

Headers fresh() { return {{"Idempotency-Key", fresh_key()}}; }

// At least one row for every table.
void mixed_orders(const Shop& shop) {
  const auto made = shop.http().post(
      "/users", {{"username", "shards-" + fresh_key()}, {"opening_balance", money(50'000)}},
      fresh());
  REQUIRE(made.status == 201);
  const std::string user = made.json().at("id");
  const Json thing = {
      {"name", "A thing"}, {"category", "test"}, {"price", money(1'000)}, {"available", true}};
  CHECK(shop.http().post("/products", thing, fresh()).status == 201);
  const auto product = shop.new_product(1'000);
  const auto bought = shop.place(Shop::order_body(user, product), fresh());
  auto draft = Shop::order_body(user, product);
  draft["draft"] = true;
  const auto cancelled = shop.place(draft);
  (void)shop.ask(cancelled, "cancel");
  const auto large = shop.place(user, product, 49);
  CHECK(shop.await_end(bought) == "DELIVERED");
  CHECK(shop.await_end(cancelled) == "CANCELLED");
  CHECK(shop.await_end(large) == "DELIVERED");
  const auto failed = shop.place(user, product);
  CHECK(shop.await_end(failed) == "PAYMENT_FAILED");
  const std::string payment = shop.order(bought).at("payment_id");
  CHECK(shop.await_job(shop.refund(payment, money(400))).at("state") == "done");
  CHECK(shop.http()
            .post("/users/" + user + "/balance",
                  {{"amount", 100}, {"currency", "USD"}, {"reason", "a test"}}, fresh())
            .status == 200);
}

TEST_CASE("every row has the shard of its key", "[shared][shards]") {
  auto& system = shared_system();
  mixed_orders(Shop(system));
  system.conclude();
  for (const auto& table : kShardedTables) {
    const std::string name(table.name);
    INFO(name);
    // What Kafka refused, and keys of what operators do to dead letters: nothing here.
    if (name == "orders.held_events" || name == "delivery.idempotency_keys") continue;
    CHECK(system.database().number("SELECT count(*) FROM " + name) > 0);
  }
}

TEST_CASE("every table with a shard is looked at, and none is without one by mistake",
          "[shared][shards]") {
  const auto rows = shared_system().database().rows(
      "SELECT n.nspname || '.' || c.relname, a.attnotnull FROM pg_attribute a"
      " JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
      " WHERE a.attname = 'shard' AND c.relkind IN ('r', 'p') AND NOT c.relispartition");
  CHECK(rows.size() == std::size(kShardedTables));
  for (const Row& row : rows) {
    INFO(row[0].value());
    CHECK(row[1] == "t");
    CHECK(std::any_of(std::begin(kShardedTables), std::end(kShardedTables),
                      [&](const auto& table) { return row[0] == table.name; }));
  }
}

}  // namespace
}  // namespace orderflow::testing
