#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"

// Promise 5: Kafka is the transport. Whatever the broker forgets costs time, never an order.
namespace orderflow::testing {
namespace {

TEST_CASE("a broker that forgets everything loses no order and no request", "[own][amnesia]") {
  System system(
      {.name = "amnesia", .settings = {{"ORDERFLOW_CARRIER_TIME", "1500ms"}}, .own_broker = true});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> early;
  for (int i = 0; i < 20; ++i) early.push_back(shop.place(user, product));
  for (const auto& id : early) {
    wait_until("order " + id + " is on its way",
               [&] { return shop.status(id).at("terminal") == true; });
  }

  system.process("orchestrator").freeze();
  const auto inbox_before = system.kafka().count("orders.inbox");
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(shop.place(user, product));
  std::vector<std::string> jobs;
  for (std::size_t i = 0; i < 10; ++i) jobs.push_back(shop.ask(ids[i * 7], "cancel"));
  wait_until("the carrier reports every early delivery", [&] {
    return system.database().number(
               "SELECT count(*) FROM delivery.deliveries WHERE status = 'DELIVERED'") >= 20;
  });
  wait_until("the broker has acknowledged all of it",
             [&] { return system.kafka().count("orders.inbox") >= inbox_before + 110; });

  system.wipe_broker();
  system.process("orchestrator").thaw();
  for (const auto& role : {"orchestrator", "payments", "delivery", "api"}) system.wait_ready(role);
  for (const auto& id : early) CHECK(shop.await_end(id) == "DELIVERED");
  for (const auto& id : ids) {
    const auto end = shop.await_end(id);
    CHECK((end == "DELIVERED" || end == "CANCELLED"));
  }
  int cancelled = 0;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const auto state = shop.await_job(jobs[i]).at("state");
    CHECK((state == "done" || state == "refused"));
    const bool is_cancelled = shop.order(ids[i * 7]).at("status") == "CANCELLED";
    CHECK(is_cancelled == (state == "done"));
    cancelled += is_cancelled ? 1 : 0;
  }
  CHECK(shop.balance(user) == 1'000'000 - 100 * (120 - cancelled));
  CHECK(shop.await_end(shop.place(user, product)) == "DELIVERED");
  system.conclude();
  // Whoever lived through it still ends in order.
  for (const char* role : {"api", "orchestrator", "payments", "delivery"}) {
    INFO(role);
    CHECK(system.process(role).terminate() == 0);
  }
}

// As after `orderflow repartition 16`; what processes were started with still says 8.
TEST_CASE("a broker that forgets gets its topics back as the database counts them",
          "[own][amnesia]") {
  System system({.name = "recount", .own_broker = true});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  CHECK(shop.await_end(shop.place(user, product)) == "DELIVERED");
  system.consumer().catch_up();
  for (const char* role : {"api", "orchestrator", "payments", "delivery"}) {
    REQUIRE(system.process(role).terminate() == 0);
  }
  store_partition_count(system.database(), 8, 16);
  system.wipe_broker();
  for (const char* role : {"api", "orchestrator", "payments", "delivery"}) system.start(role);
  for (const char* topic : {"orders.inbox", "payments.commands", "delivery.commands"}) {
    CHECK(system.kafka().partitions(topic) == 16);
  }
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(shop.place(user, product));
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(system.run({"migrate"}).exit_code == 0);
  system.conclude();
}

TEST_CASE("commands and replies that the broker lost are asked for again", "[own][amnesia]") {
  System system({.name = "lost-messages"});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> ids;
  const auto place = [&] {
    for (int i = 0; i < 15; ++i) ids.push_back(shop.place(user, product));
  };
  const auto captures = [&] {
    return system.database().number("SELECT count(*) FROM payments.payments");
  };
  // Commands that nobody has read.
  system.process("payments").freeze();
  place();
  wait_until("the captures are sent",
             [&] { return system.kafka().count("payments.commands") >= 15; });
  system.lose_messages();
  system.process("payments").thaw();
  wait_until("they are charged all the same", [&] { return captures() >= 15; });

  // Replies that nobody has read.
  system.process("payments").freeze();
  place();
  wait_until("the captures are sent",
             [&] { return system.kafka().count("payments.commands") >= 15; });
  for (const auto& id : ids) {
    wait_until("the orchestrator has asked",
               [&] { return shop.status(id).at("saga").at("waiting_for") != "start"; });
  }
  system.process("orchestrator").freeze();
  system.process("payments").thaw();
  wait_until("they are charged", [&] { return captures() >= 30; });
  system.lose_messages();
  system.process("orchestrator").thaw();
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 1'000'000 - 100 * static_cast<std::int64_t>(ids.size()));
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
