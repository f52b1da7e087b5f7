#include <catch2/catch_test_macros.hpp>
#include <string>

#include "tests/support/shop.hpp"

// A process of one context needs no right in another one: it may log in as that context's role.
namespace orderflow::testing {
namespace {

TEST_CASE("each context's processes may log in as a role of their own, member of no other",
          "[own][logins]") {
  System system({.name = "logins", .own_postgres = true});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  REQUIRE(system.database().number("SELECT count(*) FROM pg_auth_members m JOIN pg_roles r "
                                   "ON r.oid = m.member WHERE r.rolname LIKE 'orderflow\\_%'") ==
          0);
  const std::pair<const char*, const char*> logins[] = {{"orchestrator", "orderflow_orders"},
                                                        {"payments", "orderflow_payments"},
                                                        {"delivery", "orderflow_delivery"}};
  for (const auto& [role, login] : logins) {
    system.database().execute("ALTER ROLE " + std::string(login) + " LOGIN");
    system.restart(role, {{"DATABASE_URL", system.database().url() + " user=" + login}});
  }
  for (const auto& [role, login] : logins) {
    CHECK(system.database().number("SELECT count(*) FROM pg_stat_activity WHERE usename = '" +
                                   std::string(login) + "' AND application_name = 'orderflow/" +
                                   role + "'") >= 1);
  }
  CHECK(shop.await_end(shop.place(user, product)) == "DELIVERED");
  // Another one takes over what a process that was stopped held.
  system.kill("payments");
  system.start("payments",
               {{"DATABASE_URL", system.database().url() + " user=orderflow_payments"}});
  CHECK(shop.await_end(shop.place(user, product)) == "DELIVERED");
  CHECK(shop.balance(user) == 1'000'000 - 2 * 100);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
