#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"

// One process for everything, and several for each.
namespace orderflow::testing {
namespace {

TEST_CASE("every role in one process", "[own][scale]") {
  System system({.name = "all", .roles = {"all"}});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(shop.place(user, product));
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(system.process("all").terminate(Millis{12'000}) == 0);
  system.start("all");
  CHECK(shop.await_end(shop.place(user, product)) == "DELIVERED");
  system.conclude();
}

TEST_CASE("two processes of a role share its partitions", "[own][scale]") {
  System system({.name = "scale"});
  const Shop shop(system);
  const auto owners = [&](const std::string& schema) {
    return system.database().number("SELECT count(DISTINCT owner) FROM " + schema + ".partitions");
  };
  system.start_second("payments");
  system.start_second("delivery");
  wait_until("payments are shared", [&] { return owners("payments") == 2; });
  wait_until("deliveries are shared", [&] { return owners("delivery") == 2; });
  const auto product = shop.new_product(100);
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(shop.place(shop.new_user(), product));
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  system.stop_second("payments");
  system.process("delivery-2").kill();
  for (int i = 0; i < 20; ++i) ids.push_back(shop.place(shop.new_user(), product));
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
