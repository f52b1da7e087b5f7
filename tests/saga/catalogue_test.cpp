#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"

// What the catalogue's changes mean for orders, and lists.
namespace orderflow::testing {
namespace {

Json with_price(const Json& product, std::int64_t price) {
  return {{"name", product.at("name")},
          {"category", product.at("category")},
          {"price", money(price)},
          {"available", true}};
}

TEST_CASE("a price change between placing and paying: the sold price holds",
          "[shared][catalogue]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto product = shop.new_product(1'000);
  system.process("payments").freeze();
  const auto id = shop.place(user, product);
  const auto before = shop.http().get("/products/" + product);
  REQUIRE(shop.http().put("/products/" + product, with_price(before.json(), 9'000)).status == 200);
  system.process("payments").thaw();
  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 49'000);
  CHECK(shop.order(id).at("items").at(0).at("unit_price") == money(1'000));

  // The new price holds for whoever orders once the bounded cache has seen it.
  wait_until("the new price is charged", [&] {
    auto body = Shop::order_body(user, product);
    body["draft"] = true;
    return shop.order(shop.place(body)).at("total") == money(9'000);
  });
  system.conclude();
}

TEST_CASE("a product that is not available cannot be ordered", "[shared][catalogue]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto gone = shop.new_product(1'000, false);
  const auto answer = shop.http().post("/orders", Shop::order_body(user, gone));
  CHECK((answer.status == 409 || answer.status == 422));
  CHECK(answer.json().at("retryable") == false);
  system.conclude();
}

TEST_CASE("updates of a product are guarded by its tag", "[shared][catalogue]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto product = shop.new_product(1'000);
  const auto read = shop.http().get("/products/" + product);
  const auto tag = read.header("etag");
  REQUIRE_FALSE(tag.empty());
  CHECK(shop.http().get("/products/" + product, {{"If-None-Match", tag}}).status == 304);
  const auto changed = with_price(read.json(), 2'000);
  CHECK(shop.http().put("/products/" + product, changed, {{"If-Match", tag}}).status == 200);
  CHECK(shop.http().put("/products/" + product, changed, {{"If-Match", tag}}).status == 412);
  CHECK(shop.http().remove("/products/" + product).status / 100 == 2);
  CHECK(shop.http().get("/products/" + product).status == 404);
  system.conclude();
}

TEST_CASE("a list of orders goes through pages and is stable under inserts",
          "[shared][catalogue]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> placed;
  for (int i = 0; i < 5; ++i) placed.push_back(shop.place(user, product));
  std::vector<std::string> listed;
  std::string token;
  for (int page = 0; page < 10; ++page) {
    const auto answer = shop.http().get("/users/" + user + "/orders?limit=2" +
                                        (token.empty() ? "" : "&page_token=" + token));
    REQUIRE(answer.status == 200);
    const auto body = answer.json();
    for (const auto& item : body.at("items")) listed.push_back(item.at("id"));
    if (page == 0) placed.push_back(shop.place(user, product));
    const auto next = body.value("next_page_token", Json());
    if (!next.is_string() || next.get<std::string>().empty()) break;
    token = next;
  }
  const auto late = placed.back();
  placed.pop_back();
  CHECK(listed == std::vector<std::string>(placed.rbegin(), placed.rend()));
  CHECK(shop.http().get("/orders?page_token=tampered").status == 400);
  CHECK(shop.http().get("/orders?limit=0").status == 400);
  CHECK(shop.http().get("/orders?limit=201").status == 400);
  CHECK(shop.http().get("/orders?nonsense=1").status == 400);
  for (const auto& id : placed) CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.await_end(late) == "DELIVERED");
  const auto delivered =
      shop.http().get("/orders?limit=200&status=DELIVERED&user_id=" + user).json().at("items");
  CHECK(delivered.size() == 6);
  CHECK(shop.http().get("/orders?status=PAID&user_id=" + user).json().at("items").empty());
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
