#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"

// The stories people know, told over HTTP. Promises 1 to 3.
namespace orderflow::testing {
namespace {

TEST_CASE("an order goes through payment and delivery to its end", "[shared][stories]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(user, shop.new_product(1'250), 2);

  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.event_types(id) == std::vector<std::string>{"OrderPlaced", "PaymentCaptured",
                                                         "DeliveryScheduled", "OrderDelivered"});
  const auto order = shop.order(id);
  CHECK(order.at("user_id") == user);
  CHECK(order.at("total") == money(2'500));
  CHECK(order.at("items").at(0).at("quantity") == 2);
  CHECK(order.at("items").at(0).at("unit_price") == money(1'250));
  CHECK(order.at("failure").is_null());
  CHECK(order.at("delivery_address").at("city") == "Springfield");
  CHECK(shop.balance(user) == 47'500);

  const auto payment = shop.http().get("/payments/" + order.at("payment_id").get<std::string>());
  CHECK(payment.status == 200);
  CHECK(payment.json().at("status") == "CAPTURED");
  const auto delivery =
      shop.http().get("/deliveries/" + order.at("delivery_id").get<std::string>());
  CHECK(delivery.status == 200);
  CHECK(delivery.json().at("status") == "DELIVERED");

  const auto status = shop.status(id);
  CHECK(status.at("terminal") == true);
  CHECK(status.at("saga").at("state") == "ended");
  system.conclude();
}

TEST_CASE("alice pays 299.99 and keeps 200.01", "[shared][stories]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto alice = shop.user("alice");
  REQUIRE(shop.balance(alice) == 50'000);
  const auto id = shop.place(alice, shop.new_product(29'999));
  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(alice) == 20'001);
  system.conclude();
}

TEST_CASE("bob cannot afford it and is told so", "[shared][stories]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto bob = shop.user("bob");
  const auto id = shop.place(bob, shop.new_product(29'999), 2);
  CHECK(shop.await_end(id) == "PAYMENT_FAILED");
  const auto order = shop.order(id);
  CHECK(order.at("failure").at("code") == "insufficient_funds");
  CHECK_FALSE(order.at("failure").at("detail").get<std::string>().empty());
  CHECK(shop.balance(bob) == 30'000);
  CHECK(shop.status(id).at("terminal") == true);
  system.conclude();
}

TEST_CASE("a refund gives it back", "[shared][stories]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(30'000);
  const auto id = shop.place(user, shop.new_product(29'999));
  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 1);
  const auto job = shop.await_job(shop.refund(shop.order(id).at("payment_id"), nullptr));
  CHECK(job.at("state") == "done");
  CHECK(shop.balance(user) == 30'000);
  CHECK(shop.order(id).at("status") == "DELIVERED");
  CHECK(shop.event_types(id).back() == "RefundCompleted");
  system.conclude();
}

TEST_CASE("a failed payment is retried and succeeds", "[shared][stories]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(100);
  const auto id = shop.place(user, shop.new_product(5'000));
  REQUIRE(shop.await_end(id) == "PAYMENT_FAILED");
  const auto paid_in =
      shop.http().post("/users/" + user + "/balance",
                       {{"amount", 10'000}, {"currency", "USD"}, {"reason", "pocket money"}},
                       {{"Idempotency-Key", fresh_key()}});
  INFO(paid_in.body);
  REQUIRE(paid_in.status / 100 == 2);
  const auto job = shop.await_job(shop.ask(id, "retry"));
  CHECK(job.at("state") == "done");
  CHECK(job.at("kind") == "retry");
  shop.await_status(id, "DELIVERED");
  CHECK(shop.balance(user) == 5'100);
  CHECK(shop.order(id).at("failure").is_null());
  system.conclude();
}

TEST_CASE("only an order whose payment failed can be retried", "[shared][stories]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto id = shop.place();
  REQUIRE(shop.await_end(id) == "DELIVERED");
  const auto answer = shop.http().post("/orders/" + id + "/retry");
  CHECK(answer.status == 409);
  CHECK(shop.event_types(id).size() == 4);
  system.conclude();
}

TEST_CASE("a balance moves once for each key and never goes below zero", "[shared][stories]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(1'000);
  const auto adjust = [&](std::int64_t amount, const std::string& key) {
    return shop.http().post("/users/" + user + "/balance",
                            {{"amount", amount}, {"currency", "USD"}, {"reason", "a test"}},
                            {{"Idempotency-Key", key}});
  };
  const auto key = fresh_key();
  CHECK(adjust(500, key).status / 100 == 2);
  const auto again = adjust(500, key);
  CHECK(again.header("idempotency-replayed") == "true");
  CHECK(shop.balance(user) == 1'500);
  CHECK(adjust(-1'501, fresh_key()).status == 409);
  CHECK(adjust(-1'500, fresh_key()).status / 100 == 2);
  CHECK(shop.balance(user) == 0);
  CHECK(shop.http()
            .post("/users/" + user + "/balance",
                  {{"amount", 1}, {"currency", "USD"}, {"reason", "no key"}})
            .status == 400);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
