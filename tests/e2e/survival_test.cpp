#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "tests/support/instance.hpp"
#include "tests/support/outside_consumer.hpp"
#include "tests/support/shop.hpp"

// 500 orders while every process dies once, as a person would see it. All promises.
namespace orderflow::testing {
namespace {

constexpr int kOrders = 500;
constexpr std::int64_t kPrice = 100;

// A client that does as the README says: a key for each order, and again until there is an answer.
class Customer {
 public:
  Customer(const HttpClient& http, std::string body) : http_(http), body_(std::move(body)) {}

  void run(int orders) {
    for (int i = 0; i < orders && !stop_; ++i) {
      const Headers key = {{"Idempotency-Key", fresh_key()}};
      const bool placed = holds_within(Millis{120'000}, [&] {
        const auto answer = http_.try_request("POST", "/orders", body_, key, Millis{15'000});
        if (!answer || answer->status != 202) return stop_.load();
        const auto json = Json::parse(answer->body, nullptr, false);
        ids_.push_back(json.value("id", ""));
        return true;
      });
      if (!placed) return;
      ++placed_;
    }
  }

  void stop() { stop_ = true; }
  [[nodiscard]] int placed() const { return placed_; }
  // After run() only.
  [[nodiscard]] const std::vector<std::string>& ids() const { return ids_; }

 private:
  HttpClient http_;
  std::string body_;
  std::vector<std::string> ids_;
  std::atomic<int> placed_{0};
  std::atomic<bool> stop_{false};
};

// Ends the thread also when a check in between fails.
class Running {
 public:
  Running(Customer& customer, int orders)
      : customer_(customer), thread_([&customer, orders] { customer.run(orders); }) {}
  ~Running() {
    customer_.stop();
    join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  Customer& customer_;
  std::thread thread_;
};

void survive(const std::string& broker) {
  Instance instance;
  (void)instance.up(broker);
  const Shop shop(instance.http());
  OutsideConsumer consumer(instance.bootstrap_servers(), "orders.events");
  const auto user = shop.new_user();
  const auto body = Shop::order_body(user, shop.new_product(kPrice)).dump();

  Customer customer(instance.http(), body);
  Running running(customer, kOrders);
  const bool embedded = broker == "embedded";
  const std::vector<std::string> victims = {
      "orchestrator", "payments", "delivery", "api", embedded ? "broker" : "kafka", "postgres"};
  for (std::size_t i = 0; i < victims.size(); ++i) {
    const int share = kOrders / 8 * static_cast<int>(i + 1);
    wait_until("orders are placed", [&] { return customer.placed() >= share; }, Millis{120'000});
    instance.kill_and_await_return(victims[i]);
    if (victims[i] == "broker") consumer.start_again(true);
  }
  running.join();
  REQUIRE(customer.placed() == kOrders);

  const auto unended = [&] {
    return instance.sql("SELECT count(*) FROM orders.sagas WHERE status <> 'DELIVERED'");
  };
  wait_until([&] { return "all orders end; left are " + unended(); },
             [&] { return unended() == "0"; }, Millis{120'000});
  CHECK(instance.sql("SELECT count(*) FROM orders.orders") == std::to_string(kOrders));
  CHECK(shop.balance(user) == 1'000'000 - kOrders * kPrice);
  for (const auto& victim : victims) {
    INFO(victim);
    CHECK(instance.restarts_of(victim) >= 1);
  }
  for (const auto& id : customer.ids()) CHECK(consumer.difference(id, shop.history(id)).empty());
  consumer.verify_no_violations();
  const auto audit = instance.orderflow({"audit"});
  INFO(audit.output);
  CHECK(audit.exit_code == 0);
}

TEST_CASE("500 orders survive the death of every process, with the embedded broker", "[e2e]") {
  survive("embedded");
}

TEST_CASE("500 orders survive the death of every process, with Kafka", "[e2e]") {
  survive("kafka");
}

}  // namespace
}  // namespace orderflow::testing
