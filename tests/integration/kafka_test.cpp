#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"
#include "tests/support/wait.hpp"

// What only a real Kafka can show.
namespace orderflow::testing {
namespace {

TEST_CASE("topics are made by the program, as configured, and none by accident", "[integration]") {
  System system({.name = "topics", .settings = {{"ORDERFLOW_PARTITIONS", "4"}}});
  const Shop shop(system);
  for (const char* topic :
       {"orders.inbox", "orders.events", "payments.commands", "delivery.commands"}) {
    CHECK(system.kafka().partitions(topic) == 4);
  }
  CHECK(system.kafka().partitions("orders.typo") == -1);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  system.conclude();
}

TEST_CASE("another cluster under the same address is read from its beginning", "[integration]") {
  System system({.name = "other-cluster", .own_broker = true});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> ids;
  for (int i = 0; i < 30; ++i) ids.push_back(shop.place(user, product));
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  system.consumer().catch_up();
  for (const auto& role : system_roles()) {
    CHECK(system.process(role).terminate() == 0);
  }
  system.private_kafka().wipe(PrivateKafka::Identity::kNew);
  system.consumer().start_again(true);
  for (const auto& role : system_roles()) system.start(role);
  for (int i = 0; i < 10; ++i) ids.push_back(shop.place(user, product));
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 1'000'000 - 100 * 40);
  system.conclude();
}

// Found by the simulator: the owner started over again and again with the producer that had failed.
TEST_CASE("an owner whose messages the broker refused goes on once it takes them",
          "[integration]") {
  System system({.name = "refused"});
  const Shop shop(system);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  system.kafka().configure_topic("payments.commands", "max.message.bytes", "100");
  // The broker takes the setting on a moment after it has said so: the first may still get through.
  std::vector<std::string> orders;
  wait_until("the orchestrator is told that Kafka refuses its command", [&] {
    orders.push_back(shop.place());
    return system.log("orchestrator").find("messages were not stored by Kafka") !=
           std::string::npos;
  });
  system.kafka().configure_topic("payments.commands", "max.message.bytes", "1000000");
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
