#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <sstream>
#include <thread>

#include "tests/support/shop.hpp"

namespace orderflow::testing {
namespace {

std::int64_t orders_of(System& system, const std::string& user) {
  return system.database().number("SELECT count(*) FROM orders.orders WHERE user_id = '" + user +
                                  "'");
}

TEST_CASE("the same key and body give the same order", "[shared][idempotency]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto body = Shop::order_body(user, shop.new_product(1'000));
  const Headers key = {{"Idempotency-Key", fresh_key()}};
  const auto first = shop.http().post("/orders", body, key);
  REQUIRE(first.status == 202);
  CHECK(first.header("idempotency-replayed").empty());
  const std::string id = first.json().at("id");
  CHECK(shop.await_end(id) == "DELIVERED");
  const auto second = shop.http().post("/orders", body, key);
  CHECK(second.status == 202);
  CHECK(second.json().at("id") == id);
  CHECK(second.header("location") == "/orders/" + id);
  CHECK(second.header("idempotency-replayed") == "true");
  CHECK(orders_of(system, user) == 1);
  system.conclude();
}

TEST_CASE("the same key with another body is refused", "[shared][idempotency]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(1'000);
  const Headers key = {{"Idempotency-Key", fresh_key()}};
  const auto id = shop.place(Shop::order_body(user, product, 1), key);
  const auto answer = shop.http().post("/orders", Shop::order_body(user, product, 2), key);
  CHECK(answer.status == 422);
  CHECK(answer.header("content-type").starts_with("application/problem+json"));
  CHECK(orders_of(system, user) == 1);
  CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

TEST_CASE("one key used by fifty clients at once makes one order", "[shared][idempotency]") {
  constexpr std::size_t kClients = 50;
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto body = Shop::order_body(user, shop.new_product(1'000)).dump();
  const Headers key = {{"Idempotency-Key", fresh_key()}};
  std::vector<std::optional<Answer>> answers(kClients);
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.emplace_back(
        [&, i] { answers[i] = shop.http().try_request("POST", "/orders", body, key); });
  }
  for (auto& client : clients) client.join();

  std::string id;
  int originals = 0;
  for (const auto& answer : answers) {
    REQUIRE(answer);
    INFO(answer->body);
    REQUIRE(answer->status == 202);
    if (id.empty()) id = answer->json().at("id");
    CHECK(answer->json().at("id") == id);
    if (answer->header("idempotency-replayed").empty()) ++originals;
  }
  CHECK(originals == 1);
  CHECK(orders_of(system, user) == 1);
  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 999'000);
  system.conclude();
}

TEST_CASE("a key with one body used at once with another: one wins, the other is refused",
          "[shared][idempotency]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(1'000);
  const Headers key = {{"Idempotency-Key", fresh_key()}};
  std::vector<std::optional<Answer>> answers(20);
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto body = Shop::order_body(user, product, 1 + static_cast<int>(i % 2)).dump();
    clients.emplace_back(
        [&, i, body] { answers[i] = shop.http().try_request("POST", "/orders", body, key); });
  }
  for (auto& client : clients) client.join();
  int accepted = 0;
  int refused = 0;
  std::string id;
  for (const auto& answer : answers) {
    REQUIRE(answer);
    INFO(answer->status << " " << answer->body);
    if (answer->status == 202) ++accepted, id = answer->json().at("id");
    if (answer->status == 422) ++refused;
  }
  CHECK(accepted == 10);
  CHECK(refused == 10);
  CHECK(orders_of(system, user) == 1);
  REQUIRE_FALSE(id.empty());
  CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

TEST_CASE("of twenty repeats at once of an adjustment the log tells once",
          "[shared][idempotency]") {
  auto& system = shared_system();
  const Shop shop(system);
  for (int round = 0; round < 5; ++round) {
    const auto user = shop.new_user();
    const Headers key = {{"Idempotency-Key", fresh_key()}};
    const auto body =
        nlohmann::json{{"amount", 10}, {"currency", "USD"}, {"reason", "a test"}}.dump();
    std::vector<std::jthread> clients;
    for (int i = 0; i < 20; ++i) {
      clients.emplace_back(
          [&] { (void)shop.http().try_request("POST", "/users/" + user + "/balance", body, key); });
    }
    clients.clear();
    std::istringstream log(system.log("api"));
    int told = 0;
    for (std::string line; std::getline(log, line);) {
      told += line.find("a balance was adjusted") != line.npos && line.find(user) != line.npos;
    }
    CHECK(told == 1);
  }
  system.conclude();
}

TEST_CASE("a key belongs to its route", "[shared][idempotency]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto key = fresh_key();
  const Headers headers = {{"Idempotency-Key", key}};
  const auto user = shop.new_user();
  const auto id = shop.place(Shop::order_body(user, shop.new_product(1'000)), headers);
  const auto answer =
      shop.http().post("/users", {{"username", "k-" + fresh_key().substr(0, 20)}}, headers);
  CHECK(answer.status == 201);
  CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

TEST_CASE("a key over its length or with control characters is refused", "[shared][idempotency]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto body = Shop::order_body(shop.new_user(), shop.new_product(1'000));
  const auto answer =
      shop.http().post("/orders", body, {{"Idempotency-Key", std::string(2'000, 'k')}});
  CHECK(answer.status == 400);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
