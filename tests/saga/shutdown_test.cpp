#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <pqxx/pqxx>

#include "core/pg/database_url.hpp"
#include "tests/support/shop.hpp"

// The API ends in order whatever is under way. Under AddressSanitizer this also shows that nothing
// is used that has ended before.
namespace orderflow::testing {
namespace {

using Connections = std::vector<std::unique_ptr<RawConnection>>;

void ask(Connections& connections, std::uint16_t port, const std::string& target,
         const std::string& more = {}) {
  connections.push_back(std::make_unique<RawConnection>(port));
  CHECK(connections.back()->send("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n"));
}

TEST_CASE("the API ends in order under load", "[shutdown]") {
  System system({.name = "shutdown"});
  const Shop shop(system);
  const auto product = shop.new_product(1'000);
  auto body = Shop::order_body(shop.new_user(), product);
  body["draft"] = true;
  const auto draft = shop.place(body);
  const auto job = shop.ask(draft, "cancel");
  CHECK(shop.await_end(draft) == "CANCELLED");
  const auto waited_for = shop.place(body);
  const auto port = system.http().port();

  Connections waits;
  for (int i = 0; i < 20; ++i) {
    ask(waits, port, "/orders/" + waited_for + "/status?wait=30");
    ask(waits, port, "/orders/" + waited_for + "/events", "Accept: text/event-stream\r\n");
  }
  wait_until("all wait",
             [&] { return system.metric("api", "orderflow_live_subscriptions") == 40; });
  pqxx::connection connection(core::DatabaseUrl(system.database().url()).conninfo());
  pqxx::work lock(connection);
  lock.exec("LOCK TABLE catalogue.products, orders.requests IN ACCESS EXCLUSIVE MODE");
  Connections slow;
  for (int i = 0; i < 50; ++i) {
    ask(slow, port, "/products/" + product);
    ask(slow, port, "/jobs/" + job + "?wait=30");
  }
  wait_until("the database holds them up", [&] {
    return system.database().number(
               "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation "
               "IN ('catalogue.products'::regclass,"
               " 'orders.requests'::regclass)") >= 4;
  });

  system.process("api").signal(SIGTERM);
  for (auto& wait : waits) {
    const auto answer = wait->receive_all();
    CHECK(answer.starts_with("HTTP/1.1 200 OK"));
  }
  for (auto& asked : slow) CHECK(asked->closed_within(Millis{20'000}));
  lock.abort();  // What the database still does for them ends while the API ends.
  CHECK(system.process("api").wait_exit() == 0);
  CHECK(system.log("api").find("Sanitizer") == std::string::npos);
  system.start("api");
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
