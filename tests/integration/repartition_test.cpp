#include <catch2/catch_test_macros.hpp>
#include <future>

#include "tests/support/shop.hpp"

// More partitions in a loaded system: nothing is lost, nothing happens twice, and outside consumers
// see every order's events in order. Promises 1, 2 and 4.
namespace orderflow::testing {
namespace {

TEST_CASE("8 partitions become 32 under load", "[integration][repartition]") {
  System system({.name = "repartition"});
  const Shop shop(system);
  const auto product = shop.new_product(100);
  std::vector<std::string> users;
  for (int i = 0; i < 8; ++i) users.push_back(shop.new_user());
  std::vector<std::string> orders;
  const auto place = [&] {
    orders.push_back(shop.place(users[orders.size() % users.size()], product));
  };
  const auto delivered = [&] {
    return system.database().number("SELECT count(*) FROM orders.sagas WHERE status = 'DELIVERED'");
  };
  const auto place_until = [&](const std::string& what, const std::function<bool()>& enough) {
    wait_until(what, [&] { return place(), enough(); }, Millis{60'000});
  };
  place_until("orders flow", [&] { return delivered() >= 50; });
  auto tool = std::async(std::launch::async, [&] { return system.run({"repartition", "32"}); });
  place_until("it ends", [&] { return tool.wait_for(Millis{0}) == std::future_status::ready; });
  const auto done = tool.get();
  INFO(done.output);
  CHECK(done.exit_code == 0);
  const auto then = delivered();
  place_until("orders flow again", [&] { return delivered() >= then + 100; });
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");

  for (const char* schema : {"orders", "payments", "delivery"}) {
    INFO(schema);
    CHECK(system.database().number("SELECT count(*) FROM " + std::string(schema) +
                                   ".partitions WHERE owner <> 'repartition' AND owner <> ''") ==
          32);
  }
  CHECK(system.kafka().partitions("orders.inbox") == 32);
  CHECK(system.kafka().partitions("orders.events") == 8);
  CHECK(system.database().number("SELECT count(DISTINCT partition) FROM orders.events WHERE "
                                 "partition >= 8") > 0);
  std::int64_t left = 0;
  for (const auto& user : users) left += shop.balance(user);
  CHECK(left == 8 * 1'000'000 - 100 * static_cast<std::int64_t>(orders.size()));
  CHECK(system.run({"repartition", "32"}).exit_code == 0);
  CHECK(system.run({"repartition", "16"}).exit_code == 2);
  CHECK(system.run({"repartition", "33"}).exit_code == 2);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
