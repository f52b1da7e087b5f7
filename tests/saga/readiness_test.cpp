#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "tests/support/settings.hpp"
#include "tests/support/shop.hpp"
#include "tools/session_budget.hpp"

// A database or a broker that is not there: ready says which, nothing crashes, and work goes on
// when it is back. Promises 1, 5 and 6.
namespace orderflow::testing {
namespace {

const std::vector<std::string>& roles() {
  static const std::vector<std::string> all = {"api", "orchestrator", "payments", "delivery"};
  return all;
}

void wait_unready(System& system, const std::string& role, const std::string& names) {
  wait_until(role + " says that the " + names + " is down", [&] {
    const auto answer =
        system.monitor(role).try_request("GET", "/health/ready", {}, {}, Millis{3'000});
    return answer && answer->status == 503 && answer->body.find(names) != std::string::npos;
  });
  const auto live = system.monitor(role).get("/health/live");
  CHECK(live.status == 200);
  CHECK(system.process(role).running());
}

// As a client does: a connection that has died unnoticed may cost one more 503, and what has waited
// meanwhile makes the front end ask to wait.
std::string place_once_taken(const Shop& shop, const std::string& user,
                             const std::string& product) {
  std::string id;
  wait_until("orders are taken again", [&] {
    const auto answer = shop.http().post("/orders", Shop::order_body(user, product));
    if (answer.status == 202) id = answer.json().at("id");
    return answer.status == 202;
  });
  return id;
}

std::size_t lines_with(const std::string& log, const std::string& words) {
  std::size_t count = 0;
  for (auto at = log.find(words); at != std::string::npos; at = log.find(words, at + 1)) ++count;
  return count;
}

TEST_CASE("a database that is down at the start", "[own][readiness]") {
  System system({.name = "down-at-start", .own_postgres = true});
  const Shop shop(system);
  for (const auto& role : roles()) CHECK(system.process(role).terminate() == 0);
  system.postgres().stop();
  for (const auto& role : roles()) system.start(role, {}, false);
  for (const auto& role : roles()) wait_unready(system, role, "database");
  const auto answer = shop.http().get("/orders");
  CHECK(answer.status == 503);
  CHECK_FALSE(answer.header("retry-after").empty());
  system.postgres().start();
  for (const auto& role : roles()) system.wait_ready(role);
  CHECK(shop.await_end(shop.place()) == "DELIVERED");
  system.conclude();
}

TEST_CASE("a database that is killed while orders run", "[own][readiness]") {
  System system({.name = "database-killed", .own_postgres = true});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(shop.place(user, product));
  system.postgres().kill();
  for (const auto& role : roles()) wait_unready(system, role, "database");
  for (const auto& role : {"orchestrator", "payments", "delivery"}) {
    CHECK(lines_with(system.log(role), "starting over from the database") <= 10);
  }
  const auto answer = shop.http().post("/orders", Shop::order_body(user, product));
  CHECK(answer.status == 503);
  CHECK_FALSE(answer.header("retry-after").empty());
  CHECK(answer.json().at("retryable") == true);
  system.postgres().start();
  for (const auto& role : roles()) system.wait_ready(role);
  ids.push_back(place_once_taken(shop, user, product));
  for (int i = 0; i < 9; ++i) ids.push_back(shop.place(user, product));
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 1'000'000 - 50 * 100);
  system.conclude();
}

struct Write {
  std::string method;
  std::string path;
  Json body;
};

TEST_CASE("a database that is held read-only is 503 in every front end, named, and heals",
          "[own][readiness]") {
  System system({.name = "read-only", .own_postgres = true});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  const auto order = shop.place(user, product);
  REQUIRE(shop.await_end(order) == "DELIVERED");
  const auto payment = shop.order(order).at("payment_id").get<std::string>();
  const auto draft = [&] {
    auto body = Shop::order_body(user, product);
    body["draft"] = true;
    return shop.place(body);
  }();
  const auto hold = [&](const std::string& on_or_off) {
    system.database().execute("ALTER SYSTEM SET default_transaction_read_only = " + on_or_off);
    (void)system.database().rows("SELECT pg_reload_conf()");
  };
  hold("on");
  for (const auto& role : roles()) wait_unready(system, role, "takes no writes");
  const Write writes[] = {
      {"POST", "/orders", Shop::order_body(user, product)},
      {"POST", "/orders/" + draft + "/confirm", nullptr},
      {"POST", "/orders/" + draft + "/cancel", nullptr},
      {"POST", "/refunds", {{"payment_id", payment}, {"reason", "a test"}}},
      {"POST", "/users", {{"username", "held-" + fresh_key()}}},
      {"POST",
       "/users/" + user + "/balance",
       {{"amount", 100}, {"currency", "USD"}, {"reason", "a test"}}},
      {"POST",
       "/products",
       {{"name", "x"}, {"category", "books"}, {"price", money(100)}, {"available", true}}},
      {"DELETE", "/products/" + product, nullptr},
  };
  for (const Write& write : writes) {
    auto headers = operator_headers();
    headers["Idempotency-Key"] = fresh_key();
    const auto answer = write.method == "POST" ? shop.http().post(write.path, write.body, headers)
                                               : shop.http().remove(write.path, headers);
    INFO(write.method << " " << write.path << ": " << answer.status << " " << answer.body);
    CHECK(answer.status == 503);
    CHECK_FALSE(answer.header("retry-after").empty());
  }
  CHECK(shop.order(order).at("status") == "DELIVERED");  // Reading goes on.
  hold("off");
  for (const auto& role : roles()) system.wait_ready(role);
  CHECK(shop.await_end(place_once_taken(shop, user, product)) == "DELIVERED");
  // A failure that repeats is told once and then counted.
  for (const auto& role : {"orchestrator", "payments", "delivery"}) {
    CHECK(lines_with(system.log(role), "starting over from the database") <= 10);
  }
  system.conclude();
}

TEST_CASE("an installation takes no more sessions than check-config says", "[own][readiness]") {
  System system({.name = "sessions", .own_postgres = true});
  const Shop shop(system);
  const auto budget = tools::session_budget(settings_from());
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  // Every context's front end at once, more often than it has sessions.
  const std::vector<std::string> paths = {"/users",
                                          "/products",
                                          "/payments",
                                          "/deliveries",
                                          "/orders",
                                          "/users/" + user,
                                          "/admin/sagas",
                                          "/admin/dead-letters",
                                          "/users/" + user + "/balance"};
  std::int64_t most = 0;
  for (int round = 0; round < 5; ++round) {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 8; ++i) {
      for (const auto& path : paths) {
        clients.emplace_back([&, path] { (void)shop.http().get(path, operator_headers()); });
      }
      clients.emplace_back(
          [&] { (void)shop.http().post("/orders", Shop::order_body(user, product)); });
    }
    clients.clear();
    most = std::max(most, system.database().number(
                              "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE "
                              "'orderflow%'"));
  }
  CHECK(most <= static_cast<std::int64_t>(budget.total() - budget.spare));
  // Nor is the number out of the air.
  CHECK(most > static_cast<std::int64_t>(budget.total() - budget.spare) / 2);
  system.conclude();
}

TEST_CASE("a broker that goes away and comes back is no storm of retries", "[own][readiness]") {
  // Long enough for the participants to join their groups again, once the broker is back.
  System system(
      {.name = "broker-killed",
       .settings = {{"ORDERFLOW_PAYMENT_TIMEOUT", "3s"}, {"ORDERFLOW_DELIVERY_TIMEOUT", "3s"}},
       .own_broker = true});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  REQUIRE(shop.await_end(shop.place(user, product)) == "DELIVERED");
  system.consumer().catch_up();
  system.stop_broker();
  for (const auto& role : {"orchestrator", "payments", "delivery"}) {
    wait_unready(system, role, "broker");
  }
  // The truth is the database's, so orders may be taken meanwhile; whichever is taken ends.
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    const auto answer = shop.http().post("/orders", Shop::order_body(user, product));
    INFO(answer.body);
    REQUIRE((answer.status == 202 || answer.status == 503));
    if (answer.status == 202) ids.push_back(answer.json().at("id"));
  }
  system.start_broker();
  for (const auto& role : roles()) system.wait_ready(role);
  for (int i = 0; i < 10; ++i) ids.push_back(place_once_taken(shop, user, product));
  for (const auto& id : ids) {
    CHECK(shop.await_end(id) == "DELIVERED");
    const auto types = shop.event_types(id);
    CHECK(std::count(types.begin(), types.end(), "AttentionNeeded") == 0);
  }
  system.conclude();
}

TEST_CASE("while the broker is away orders are taken until a number of them waits",
          "[own][readiness]") {
  constexpr std::int64_t kLimit = 40;
  System system({.name = "broker-away",
                 .settings = {{"ORDERFLOW_WAITING_ORDERS_LIMIT", std::to_string(kLimit)},
                              {"ORDERFLOW_BACKLOG_AGE_LIMIT", "1s"}},
                 .own_broker = true});
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto product = shop.new_product(100);
  const auto body = Shop::order_body(user, product);
  std::vector<std::string> ids{place_once_taken(shop, user, product)};
  REQUIRE(shop.await_end(ids.front()) == "DELIVERED");
  system.consumer().catch_up();
  system.stop_broker();
  wait_until("the front end is degraded and names the broker", [&] {
    const auto answer = system.http().get("/health/ready");
    REQUIRE(answer.status == 200);
    const auto kafka = answer.json().at("components").at("kafka");
    return answer.json().at("status") == "degraded" && kafka.at("status") == "down";
  });
  CHECK(system.http().get("/health").status == 200);

  // However long they wait.
  ids.push_back(place_once_taken(shop, user, product));
  wait_until("it has waited longer than orders may at other times",
             [&] { return system.metric("api", "orderflow_backlog_oldest_seconds") > 2; });
  const auto waiting = [&] {
    return system.database().number("SELECT count(*) FROM orders.sagas WHERE live");
  };
  Answer refusal;
  wait_until("an order is turned away", [&] {
    auto answer = shop.http().post("/orders", body);
    if (answer.status == 202) ids.push_back(answer.json().at("id"));
    // Not before so many wait.
    if (answer.status != 202) CHECK(waiting() >= kLimit);
    refusal = std::move(answer);
    return refusal.status != 202;
  });
  CHECK(refusal.status == 429);
  CHECK_FALSE(refusal.header("retry-after").empty());

  system.start_broker();
  ids.push_back(place_once_taken(shop, user, product));
  for (const auto& id : ids) CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
