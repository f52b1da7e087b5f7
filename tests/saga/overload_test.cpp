#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/support/shop.hpp"

// More orders than owners can take: the excess is told to come back, what was accepted ends.
// Promise 1.
namespace orderflow::testing {
namespace {

std::int64_t orders(const System& system) {
  return system.database().number("SELECT count(*) FROM orders.orders");
}

TEST_CASE("who comes while too much waits is told to come back, and nothing accepted is lost",
          "[overload]") {
  System system({.name = "overload", .settings = {{"ORDERFLOW_BACKLOG_AGE_LIMIT", "1s"}}});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto body = Shop::order_body(user, shop.new_product(100));
  const Headers key = {{"Idempotency-Key", fresh_key()}};
  std::vector<std::string> accepted;
  const auto place = [&](const Headers& headers = {}) {
    auto answer = shop.http().post("/orders", body, headers);
    if (answer.status == 202) accepted.push_back(answer.json().at("id"));
    return answer;
  };
  Answer original;
  wait_until("an order with a key is accepted", [&] {
    original = place(key);
    return original.status == 202;
  });
  const auto first = accepted.front();
  CHECK(shop.await_end(first) == "DELIVERED");

  // Its silence is as good as having too much to do.
  system.process("orchestrator").freeze();
  Answer refusal;
  wait_until("an order is turned away", [&] {
    refusal = place();
    return refusal.status != 202;
  });
  CHECK(refusal.status == 429);
  CHECK(refusal.header("content-type") == "application/problem+json");
  CHECK(refusal.json().at("type") == "urn:orderflow:problem:overloaded");
  CHECK(refusal.json().at("retryable") == true);
  const int retry_after = std::stoi(refusal.header("retry-after"));
  CHECK(retry_after >= 1);
  CHECK(retry_after <= 30);
  // From then on more and more, in the end everybody who is new, with a key or without.
  const auto status_of_new_key = [&] { return place({{"Idempotency-Key", fresh_key()}}).status; };
  wait_until("all are turned away", [&] {
    return status_of_new_key() == 429 && place().status == 429 && status_of_new_key() == 429;
  });
  // Who was accepted before is told so.
  const auto repeat = place(key);
  CHECK(repeat.status == 202);
  CHECK(repeat.body == original.body);
  CHECK(repeat.header("idempotency-replayed") == "true");
  const std::set<std::string> distinct(accepted.begin(), accepted.end());
  CHECK(orders(system) == static_cast<std::int64_t>(distinct.size()));

  system.process("orchestrator").thaw();
  for (const auto& id : distinct) CHECK(shop.await_end(id) == "DELIVERED");
  wait_until("orders are taken again", [&] { return place().status == 202; });
  CHECK(shop.await_end(accepted.back()) == "DELIVERED");
  system.conclude();
}

// The age that the backlog had before was still in the database, and everybody was turned away.
TEST_CASE("when everything was away for long, orders are taken at once when it comes back",
          "[overload]") {
  System system({.name = "away", .settings = {{"ORDERFLOW_BACKLOG_AGE_LIMIT", "1s"}}});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  system.process("orchestrator").freeze();
  std::vector<std::string> ids{shop.place(user, product)};
  for (const auto& role : system_roles()) system.kill(role);
  system.database().execute(
      "UPDATE orders.partitions SET heartbeat = heartbeat - interval '1 minute',"
      " oldest_ready_at = heartbeat - interval '70 seconds'");
  system.database().execute(
      "UPDATE orders.sagas SET wake_at = wake_at - interval '1 minute' WHERE live");
  system.start("api");
  for (int i = 0; i < 30; ++i) ids.push_back(shop.place(user, product));
  for (const char* role : {"orchestrator", "payments", "delivery"}) system.start(role);
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
