#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"
#include "tests/support/wait.hpp"

// What the simulated card network and carriers do to an order; the amounts and address lines that
// ask for it are listed in domain/README.md. Promises 2, 3 and 6.
namespace orderflow::testing {
namespace {

std::size_t count_of(const std::vector<std::string>& types, const std::string& type) {
  return static_cast<std::size_t>(std::count(types.begin(), types.end(), type));
}

TEST_CASE("a declined card ends the order and leaves the balance alone", "[shared][failures]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(user, shop.new_product(1'051));
  CHECK(shop.await_end(id) == "PAYMENT_FAILED");
  CHECK(shop.order(id).at("failure").at("code") == "card_declined");
  CHECK(shop.balance(user) == 50'000);
  CHECK(shop.event_types(id) == std::vector<std::string>{"OrderPlaced", "PaymentFailed"});

  SECTION("a retry asks the card again, as a new payment") {
    const auto job = shop.await_job(shop.ask(id, "retry"));
    CHECK(job.at("state") == "refused");
    CHECK(shop.await_end(id) == "PAYMENT_FAILED");
    CHECK(count_of(shop.event_types(id), "PaymentFailed") == 2);
  }
  SECTION("it can be cancelled") {
    CHECK(shop.await_job(shop.ask(id, "cancel")).at("state") == "done");
    CHECK(shop.await_end(id) == "CANCELLED");
  }
  system.conclude();
}

TEST_CASE("a share of captures is declined when the success rate says so", "[shared][failures]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto product = shop.new_product(1'000);
  const auto user = shop.new_user();
  std::string id;
  {
    const WithSettings never(system, "payments", {{"PAYMENT_SUCCESS_RATE", "0.0"}});
    id = shop.place(user, product);
    CHECK(shop.await_end(id) == "PAYMENT_FAILED");
  }
  CHECK(shop.await_job(shop.ask(id, "retry")).at("state") == "done");
  CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

TEST_CASE("no carrier: the payment is undone and the order says why", "[shared][failures]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(shop.body_with_line2(user, "simulate:no-carrier"));
  CHECK(shop.await_end(id) == "CANCELLED");
  CHECK(shop.order(id).at("failure").at("code") == "no_carrier");
  CHECK(shop.balance(user) == 50'000);
  const auto types = shop.event_types(id);
  CHECK(count_of(types, "PaymentCaptured") == 1);
  CHECK(count_of(types, "PaymentRefunded") == 1);
  CHECK(types.back() == "OrderCancelled");
  system.conclude();
}

TEST_CASE("a lost reply is asked for again and charges once", "[shared][failures]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto paid = shop.place(user, shop.new_product(1'054));
  const auto sent = shop.place(shop.body_with_line2(user, "simulate:reply-lost-once"));
  CHECK(shop.await_end(paid) == "DELIVERED");
  CHECK(shop.await_end(sent) == "DELIVERED");
  CHECK(shop.balance(user) == 50'000 - 1'054 - 1'000);
  CHECK(system.database().number("SELECT count(*) FROM payments.payments WHERE order_id = '" +
                                 paid + "'") == 1);
  CHECK(system.database().number("SELECT count(*) FROM delivery.deliveries WHERE order_id = '" +
                                 sent + "'") == 1);
  system.conclude();
}

TEST_CASE("a silent time-out is tried again", "[shared][failures]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto before = system.metric("orchestrator", "orderflow_saga_timeouts_total");
  const auto paid = shop.place(user, shop.new_product(1'052));
  const auto sent = shop.place(shop.body_with_line2(user, "simulate:silent-once"));
  CHECK(shop.await_end(paid) == "DELIVERED");
  CHECK(shop.await_end(sent) == "DELIVERED");
  CHECK(system.metric("orchestrator", "orderflow_saga_timeouts_total") >= before + 2);
  system.conclude();
}

TEST_CASE("a technical failure is tried again", "[shared][failures]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto before = system.metric("orchestrator", "orderflow_saga_retries_total");
  const auto paid = shop.place(user, shop.new_product(1'053));
  const auto sent = shop.place(shop.body_with_line2(user, "simulate:failed-once"));
  CHECK(shop.await_end(paid) == "DELIVERED");
  CHECK(shop.await_end(sent) == "DELIVERED");
  CHECK(system.metric("orchestrator", "orderflow_saga_retries_total") >= before + 2);
  system.conclude();
}

TEST_CASE("retries run out: the order waits for a person, and goes on when it can",
          "[shared][failures]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto silent = shop.place(user, shop.new_product(1'055));
  const auto failing = shop.place(shop.body_with_line2(user, "simulate:failed"));
  shop.await_status(silent, "NEEDS_ATTENTION");
  shop.await_status(failing, "NEEDS_ATTENTION");
  const auto status = shop.status(silent);
  CHECK(status.at("terminal") == false);
  CHECK(status.at("saga").at("state") == "needs_attention");
  CHECK(status.at("saga").at("waiting_for") == "operator");
  CHECK(status.at("saga").at("reason").get<std::string>().find("payment") != std::string::npos);
  {
    const WithSettings healthy(system, "payments", {{"ORDERFLOW_SIMULATION_MAGIC", "0"}});
    CHECK(shop.await_end(silent) == "DELIVERED");
  }
  {
    const WithSettings healthy(system, "delivery", {{"ORDERFLOW_SIMULATION_MAGIC", "0"}});
    CHECK(shop.await_end(failing) == "DELIVERED");
  }
  const auto types = shop.event_types(silent);
  CHECK(count_of(types, "AttentionNeeded") == 1);
  CHECK(count_of(types, "AttentionResolved") == 1);
  system.conclude();
}

TEST_CASE("an order that waits for a person can be cancelled", "[shared][failures]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(shop.body_with_line2(user, "simulate:silent"));
  shop.await_status(id, "NEEDS_ATTENTION");
  CHECK(shop.await_job(shop.ask(id, "cancel", {{"reason", "no patience"}})).at("state") == "done");
  CHECK(shop.await_end(id) == "CANCELLED");
  CHECK(shop.balance(user) == 50'000);
  system.conclude();
}

TEST_CASE("a participant that is away for a while costs time and nothing else",
          "[shared][failures]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  system.process("payments").freeze();
  const auto id = shop.place(user, shop.new_product(1'000));
  shop.await_status(id, "NEEDS_ATTENTION");
  system.process("payments").thaw();
  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 49'000);
  system.conclude();
}

TEST_CASE("a participant that is slow is not asked again and again", "[shared][failures]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(100'000);
  const auto product = shop.new_product(1'000);
  // Twice the reply time-out of test_settings(), so each is asked twice while nobody knows better.
  const WithSettings slow(system, "payments", {{"ORDERFLOW_PAYMENT_LATENCY", "1400ms"}});
  system.restart("orchestrator");  // It may know that answers were late in an earlier test.
  const auto place_and_await = [&](int count) {
    std::vector<std::string> orders;
    for (int i = 0; i < count; ++i) orders.push_back(shop.place(user, product));
    for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
  };
  const auto timed_out = [&] {
    return system.metric("orchestrator", "orderflow_saga_timeouts_total", {R"(step="payment")"});
  };
  const auto before = timed_out();
  place_and_await(20);
  const auto learnt = timed_out();
  CHECK(learnt > before);
  place_and_await(10);
  CHECK(timed_out() == learnt);
  CHECK(shop.balance(user) == 70'000);
  system.conclude();
}

TEST_CASE("commands that are lost do not make the others wait longer", "[shared][failures]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(100'000);
  const auto lost_once = shop.new_product(1'052);
  system.restart("orchestrator");  // It may know that answers were late in an earlier test.
  std::vector<std::string> orders;
  for (int i = 0; i < 20; ++i) orders.push_back(shop.place(user, lost_once));
  for (const auto& id : orders) CHECK(shop.await_end(id) == "DELIVERED");
  const auto lost = shop.place(user, shop.new_product(1'055));
  std::string wait;
  wait_until("the order waits for a reply", [&] {
    wait = system.database().text(
        "SELECT coalesce(max(wake_at - updated_at)::text, '') FROM orders.sagas"
        " WHERE waiting_for = 'reply' AND order_id = '" +
        lost + "'");
    return !wait.empty();
  });
  CHECK(wait == "00:00:00.7");
  CHECK(shop.await_job(shop.ask(lost, "cancel")).at("state") == "done");
  CHECK(shop.await_end(lost) == "CANCELLED");
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
