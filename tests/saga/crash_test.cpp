#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"

// Processes that die or freeze at the worst moment. Promises 1 to 4.
namespace orderflow::testing {
namespace {

TEST_CASE("an order that was answered 202 survives the death of the API", "[own][crash]") {
  System system({.name = "api-death"});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> ids;
  for (int round = 0; round < 3; ++round) {
    ids.push_back(shop.place(user, product));
    system.kill("api");
    system.start("api");
  }
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

TEST_CASE("each role dies while orders run", "[own][crash]") {
  System system({.name = "crash"});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> ids;
  for (const char* role : {"orchestrator", "payments", "delivery", "orchestrator"}) {
    for (int i = 0; i < 25; ++i) ids.push_back(shop.place(user, product));
    system.kill(role);
    for (int i = 0; i < 5; ++i) ids.push_back(shop.place(user, product));
    system.start(role);
  }
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 1'000'000 - 100 * static_cast<std::int64_t>(ids.size()));
  system.conclude();
}

TEST_CASE("everything dies at once", "[own][crash]") {
  System system({.name = "blackout"});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> ids;
  for (int i = 0; i < 50; ++i) ids.push_back(shop.place(user, product));
  for (const char* role : {"orchestrator", "payments", "delivery", "api"}) system.kill(role);
  for (const char* role : {"orchestrator", "payments", "delivery", "api"})
    system.start(role, {}, false);
  for (const char* role : {"orchestrator", "payments", "delivery", "api"}) system.wait_ready(role);
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

TEST_CASE("two orchestrators share the work, and a zombie does no harm", "[own][crash]") {
  System system({.name = "zombie", .settings = {{"ORDERFLOW_CARRIER_TIME", "100ms"}}});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  system.start_second("orchestrator");
  const auto owners = [&] {
    return system.database().number("SELECT count(DISTINCT owner) FROM orders.partitions");
  };
  wait_until("both own partitions", [&] { return owners() == 2; });
  std::vector<std::string> ids;
  const auto place = [&](int count) {
    for (int i = 0; i < count; ++i) ids.push_back(shop.place(user, product));
  };
  place(20);
  // Frozen in the middle of whatever it does, past the session time-out; then it wakes and believes
  // that it still owns its half.
  system.process("orchestrator").freeze();
  place(30);
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(owners() == 1);
  place(20);
  system.process("orchestrator").thaw();
  place(20);
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 1'000'000 - 100 * static_cast<std::int64_t>(ids.size()));
  system.conclude();
}

// Whoever takes over from a stopped owner ends the session its rows name.
TEST_CASE("an owner that got a new session is found by it", "[own][crash]") {
  System system({.name = "sessions"});
  const Shop shop(system);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  for (const std::string role : {"orchestrator", "payments", "delivery"}) {
    INFO(role);
    const std::string schema = role == "orchestrator" ? "orders" : role;
    const std::string of_role =
        " FROM pg_stat_activity WHERE datname = current_database() AND application_name = "
        "'orderflow/" +
        role + "'";
    (void)system.database().rows("SELECT pg_terminate_backend(pid, 5000)" + of_role);
    wait_until("its rows name its session", [&] {
      return system.database().number("SELECT count(*) FROM " + schema +
                                      ".partitions WHERE backend_pid IN (SELECT pid" + of_role +
                                      ")") == 8;
    });
  }
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  system.conclude();
}

TEST_CASE("a graceful stop answers what it accepted", "[own][crash]") {
  System system({.name = "graceful"});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(shop.place(user, product));
  for (const char* role : {"api", "orchestrator", "payments", "delivery"}) {
    INFO(role);
    CHECK(system.process(role).terminate(Millis{12'000}) == 0);
  }
  for (const char* role : {"api", "orchestrator", "payments", "delivery"}) system.start(role);
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
