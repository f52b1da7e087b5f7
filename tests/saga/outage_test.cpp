#include <catch2/catch_test_macros.hpp>
#include <chrono>

#include "tests/support/shop.hpp"

// Pause, not undo: while a participant is down its sagas wait, one of them asks, and all go on when
// it answers. Promises 1, 2 and 6.
namespace orderflow::testing {
namespace {

constexpr int kFirst = 20;
constexpr int kOrders = 200;
constexpr Millis kProbeInterval{500};  // As in test_settings().

std::int64_t waiting(const System& system) {
  return system.database().number("SELECT count(*) FROM orders.sagas WHERE attention");
}

std::int64_t unfinished(const System& system) {
  return system.database().number("SELECT count(*) FROM orders.sagas WHERE live");
}

TEST_CASE("a participant is away while hundreds of orders arrive", "[outage]") {
  System system({.name = "outage"});
  const Shop shop(system);
  // Every second one fails technically when it is asked the first time: being asked again has to be
  // another time.
  const std::vector<std::pair<std::string, std::int64_t>> products{
      {shop.new_product(1'000), 1'000}, {shop.new_product(1'053), 1'053}};
  std::int64_t spent = 0;
  std::vector<std::string> users;
  for (int i = 0; i < 10; ++i) users.push_back(shop.new_user(1'000'000));
  std::vector<std::string> orders;
  const auto place = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const auto& [product, price] = products[orders.size() % products.size()];
      orders.push_back(shop.place(users[orders.size() % users.size()], product));
      spent += price;
    }
  };
  const auto breaker = [&] {
    return system.metric("orchestrator", "orderflow_circuit_breaker_state", {"target=\"payment\""});
  };
  wait_until("the breaker is closed", [&] { return breaker() == 0; });

  system.process("payments").freeze();
  place(kFirst);
  wait_until("it opens", [&] { return waiting(system) == kFirst && breaker() > 0; });
  CHECK(system.metric("orchestrator", "orderflow_circuit_breaker_state", {"target=\"delivery\""}) ==
        0);

  // New sagas make one attempt each; of all that wait, one sends a probe each interval.
  const auto before = system.kafka().count("payments.commands");
  const auto began = std::chrono::steady_clock::now();
  place(kOrders);
  wait_until("all wait", [&] { return waiting(system) == kFirst + kOrders; });
  const auto all_wait = system.kafka().count("payments.commands");
  wait_until("several probes were sent",
             [&] { return system.kafka().count("payments.commands") >= all_wait + 5; });
  const auto sent = system.kafka().count("payments.commands") - before;
  const auto intervals = (std::chrono::steady_clock::now() - began) / kProbeInterval;
  CHECK(sent >= kOrders);
  CHECK(sent <= kOrders + intervals + 1);
  wait_until("they are counted", [&] {
    return system.metric("orchestrator", "orderflow_sagas_attention", {"step=\"payment\""}) ==
           kFirst + kOrders;
  });
  CHECK(system.metric("orchestrator", "orderflow_saga_compensations_total") == 0);

  system.process("payments").thaw();
  wait_until([&] { return "all go on; " + std::to_string(unfinished(system)) + " do not"; },
             [&] { return unfinished(system) == 0; });
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
  wait_until("nobody waits any more", [&] {
    return breaker() == 0 && system.metric("orchestrator", "orderflow_sagas_attention") == 0;
  });
  std::int64_t left = 0;
  for (const auto& user : users) left += shop.balance(user);
  CHECK(left == 10 * 1'000'000 - spent);
  system.conclude();
}

TEST_CASE("a new owner finds the sagas that wait, and asks for them", "[outage]") {
  System system({.name = "outage-owner"});
  const Shop shop(system);
  const auto product = shop.new_product(1'000);
  const auto user = shop.new_user();
  system.process("payments").freeze();
  std::vector<std::string> orders;
  for (int i = 0; i < 30; ++i) orders.push_back(shop.place(user, product));
  wait_until("all wait", [&] { return waiting(system) == 30; });
  system.kill("orchestrator");
  system.process("payments").thaw();
  system.start("orchestrator");
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

TEST_CASE("an undo that gets no answer is named until it is undone", "[outage]") {
  System system({.name = "outage-undo"});
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(shop.body_with_line2(user, "simulate:silent"));
  shop.await_status(id, "PAID");
  system.process("delivery").freeze();
  (void)shop.ask(id, "cancel", {{"reason", "no patience"}});
  const auto reason = [&] {
    const auto status = shop.status(id);
    return status.at("saga").at("reason").is_null()
               ? std::string()
               : status.at("saga").at("reason").get<std::string>();
  };
  wait_until([&] { return "the undo is named; the reason is " + reason(); },
             [&] { return reason() == "undo_failed: delivery: no_reply_in_time"; });
  CHECK(shop.status(id).at("status") == "NEEDS_ATTENTION");
  wait_until("it is counted", [&] {
    return system.metric("orchestrator", "orderflow_sagas_undo_failed", {"step=\"delivery\""}) == 1;
  });
  CHECK(shop.balance(user) == 49'000);  // Nothing earlier is undone before it.
  system.process("delivery").thaw();
  CHECK(shop.await_end(id) == "CANCELLED");
  CHECK(shop.balance(user) == 50'000);
  wait_until("it is not counted any more",
             [&] { return system.metric("orchestrator", "orderflow_sagas_undo_failed") == 0; });
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
