#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <pqxx/pqxx>
#include <thread>

#include "tests/support/shop.hpp"

// One context's table is locked, and more clients than it has sessions wait for it: nobody else
// notices. Whatever is asked below is answered while the lock is still held.
namespace orderflow::testing {
namespace {

struct Context {
  const char* table;
  const char* list;
};
constexpr Context kContexts[] = {{"payments.payments", "/payments?limit=1"},
                                 {"delivery.deliveries", "/deliveries?limit=1"},
                                 {"catalogue.products", "/products?limit=1"},
                                 {"identity.users", "/users?limit=1"},
                                 {"orders.orders", "/orders?limit=1"}};
constexpr int kClients = 40;

// Clients that ask for one list again and again.
class Crowd {
 public:
  Crowd(const HttpClient& http, const std::string& list) {
    for (int i = 0; i < kClients; ++i) {
      threads_.emplace_back([this, http, list] {
        while (!over_) (void)http.try_request("GET", list);
      });
    }
  }
  ~Crowd() { over_ = true; }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

 private:
  std::atomic<bool> over_ = false;
  std::vector<std::jthread> threads_;
};

TEST_CASE("a locked table slows its own context only", "[shared][bulkheads]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.user("alice");
  const auto product = shop.new_product(100);
  for (const Context& locked : kContexts) {
    INFO(locked.table << " is locked");
    pqxx::connection connection(system.database().url());
    pqxx::work holder(connection);
    holder.exec0(std::string("LOCK TABLE ") + locked.table + " IN ACCESS EXCLUSIVE MODE");
    const Crowd crowd(HttpClient(system.http().port(), HttpClient::Check::kNone), locked.list);
    wait_until("the crowd waits for the lock", [&] {
      return system.database().number(
                 std::string("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '") +
                 locked.table + "'::regclass") >= 3;
    });
    for (const Context& other : kContexts) {
      if (other.table == locked.table) continue;
      INFO(other.list);
      CHECK(shop.http().get(other.list).status == 200);
    }
    // Orders need their own table, users and prices, and nothing else.
    const std::string_view table = locked.table;
    if (table == "payments.payments" || table == "delivery.deliveries") {
      for (int i = 0; i < 20; ++i) (void)shop.place(user, product);
    }
    holder.abort();
  }
  system.conclude();
}

void wait_for_waiters(System& system, const std::string& table, int count) {
  wait_until(std::to_string(count) + " wait for " + table, [&] {
    return system.database().number(
               "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '" + table +
               "'::regclass") >= count;
  });
}

// What readers of orders do to a customer who cancels, or who looks how far an order is.
TEST_CASE("within orders lists and histories hold up nobody else", "[shared][bulkheads]") {
  auto& system = shared_system();
  const Shop shop(system);
  auto body = Shop::order_body(shop.user("alice"), shop.new_product(100));
  body["draft"] = true;
  const auto id = shop.place(body);
  SECTION("a request does not wait behind lists") {
    pqxx::connection connection(system.database().url());
    pqxx::work holder(connection);
    holder.exec0("LOCK TABLE orders.orders IN ACCESS EXCLUSIVE MODE");
    const Crowd crowd(HttpClient(system.http().port(), HttpClient::Check::kNone),
                      "/orders?limit=1");
    wait_for_waiters(system, "orders.orders", 4);
    CHECK(shop.http().post("/orders/" + id + "/cancel").status == 202);
    holder.abort();
  }
  SECTION("a status does not wait behind histories") {
    pqxx::connection connection(system.database().url());
    pqxx::work holder(connection);
    holder.exec0("LOCK TABLE orders.events IN ACCESS EXCLUSIVE MODE");
    const Crowd crowd(HttpClient(system.http().port(), HttpClient::Check::kNone),
                      "/orders/" + id + "/events");
    wait_for_waiters(system, "orders.events", 1);
    CHECK(shop.http().get("/orders/" + id + "/status").status == 200);
    holder.abort();
  }
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
