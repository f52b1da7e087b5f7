#include <catch2/catch_test_macros.hpp>
#include <future>
#include <pqxx/pqxx>

#include "tests/support/shop.hpp"

// Somebody else writes what an owner is about to write: it notices, nothing has happened, and it
// goes on from the database. Promises 2 and 3.
namespace orderflow::testing {
namespace {

std::size_t occurrences(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST_CASE("a saga changed behind its owner's back is read again", "[shared][contention]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  const auto grants = [&] {
    return system.metric("orchestrator", "orderflow_partition_grants_total");
  };
  const auto fenced = [&] {
    return system.metric("orchestrator", "orderflow_partition_fenced_total");
  };
  const auto grants_before = grants();
  const auto fenced_before = fenced();
  system.process("payments").freeze();
  const auto id = shop.place(user, product);
  wait_until("its owner waits for the reply",
             [&] { return shop.status(id).at("saga").at("waiting_for") == "reply"; });
  system.database().execute("UPDATE orders.sagas SET version = version + 1 WHERE order_id = '" +
                            id + "'");
  system.process("payments").thaw();
  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(fenced() > fenced_before);
  CHECK(grants() > grants_before);
  CHECK(shop.balance(user) == 1'000'000 - 100);
  system.conclude();
}

TEST_CASE("a balance adjusted in mid-batch is charged as it then is", "[shared][contention]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  const auto waiting_for_a_lock = [&](const std::string& who) {
    return system.database().number(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
        "wait_event_type = 'Lock' AND application_name " +
        who);
  };
  const auto repeated = [&] { return occurrences(system.log("payments"), "a batch is repeated"); };
  const auto repeated_before = repeated();

  // In this order they will write the account: the API, then the owner, who has read it
  // before.
  pqxx::connection connection(system.database().url());
  pqxx::work lock(connection);
  lock.exec("SELECT 1 FROM payments.accounts WHERE id = '" + user + "' FOR UPDATE");
  auto adjusted = std::async(std::launch::async, [&] {
    return shop.http()
        .post("/users/" + user + "/balance",
              {{"amount", 50}, {"currency", "USD"}, {"reason", "a test"}},
              {{"Idempotency-Key", fresh_key()}})
        .status;
  });
  wait_until("the API waits", [&] { return waiting_for_a_lock("<> 'orderflow/payments'") == 1; });
  const auto id = shop.place(user, product);
  wait_until("the owner waits", [&] { return waiting_for_a_lock("= 'orderflow/payments'") == 1; });
  lock.abort();

  CHECK(adjusted.get() == 200);
  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(repeated() > repeated_before);
  CHECK(shop.balance(user) == 1'000'000 + 50 - 100);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
