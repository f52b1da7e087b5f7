#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <future>

#include "core/kafka/admin.hpp"
#include "core/kafka/options.hpp"
#include "core/observe/log.hpp"
#include "core/values/shard.hpp"
#include "events/roles.hpp"
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

  for (const auto& owner : events::kOwners) {
    INFO(owner.schema);
    CHECK(system.database().number("SELECT count(*) FROM " + std::string(owner.schema) +
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

// As when `orderflow repartition` died after it had grown the topics.
TEST_CASE("topics with more partitions than the database says serve every order",
          "[integration][repartition]") {
  System system({.name = "half-way", .roles = {"api"}});
  wait_until("the topics are there",
             [&] { return system.kafka().partitions("delivery.commands") == 8; });
  core::Logger logger("test", core::LogLevel::kError);
  const core::KafkaOptions options{required_variable("ORDERFLOW_TEST_KAFKA"), "grow", {}};
  const auto topics = owned_topics();
  for (const auto& topic : topics) {
    core::ensure_partitions(options, logger, system.prefix() + topic, 16);
  }
  system.restart("api");
  for (const auto& role : owner_roles()) system.start(role);

  const auto beyond = [](const std::string& key) { return core::partition_of_key(key, 16) >= 8; };
  const Shop shop(system);
  std::string user = shop.new_user();
  while (!beyond(user)) user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> orders{shop.place(user, product)};
  while (orders.size() < 8 || std::none_of(orders.begin(), orders.end(), beyond)) {
    orders.push_back(shop.place(user, product));
  }
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
  for (const auto& topic : topics) {
    INFO(topic);
    const auto marks = system.kafka().watermarks(topic);
    REQUIRE(marks.size() == 16);
    CHECK(std::all_of(marks.begin() + 8, marks.end(), [](auto& m) { return m.second == 0; }));
  }
  for (const auto& role : owner_roles()) {
    INFO(role);
    CHECK(system.metric(role, "orderflow_misplaced_messages_total") == 0);
  }
  // What is begun can be ended.
  CHECK(system.run({"repartition", "16"}).exit_code == 0);
  for (int i = 0; i < 16; ++i) orders.push_back(shop.place(user, product));
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

// As when a process that still counted eight had made them again.
TEST_CASE("topics with fewer partitions than the database says get the others",
          "[integration][repartition]") {
  System system({.name = "too-few", .roles = {"api"}});
  wait_until("the topics are there",
             [&] { return system.kafka().partitions("delivery.commands") == 8; });
  store_partition_count(system.database(), 8, 16);
  for (const auto& role : owner_roles()) system.start(role);
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> orders;
  for (int i = 0; i < 16; ++i) orders.push_back(shop.place(user, product));
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
  for (const auto& topic : owned_topics()) {
    CHECK(system.kafka().partitions(topic) == 16);
  }
  CHECK(system.kafka().partitions("orders.events") == 8);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
