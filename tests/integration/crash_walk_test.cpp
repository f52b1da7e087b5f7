#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <map>
#include <set>

#include "core/testing/crash_point.hpp"
#include "events/roles.hpp"
#include "tests/support/shop.hpp"

// Every named point between database, broker and socket: each role dies at each of its points while
// orders run, is started again, and nothing is lost or doubled. Promises 1 to 5.
namespace orderflow::testing {
namespace {

constexpr std::int64_t kOpening = 10'000'000;

// Which passing ends the process: the first where there is only one, a later one where the first
// belongs to the start.
int passing_of(const std::string& place) {
  static const std::set<std::string> first{"in_assign",   "in_revoke",        "before_grant",
                                           "after_grant", "before_republish", "between_sends",
                                           "in_shutdown"};
  return first.contains(place) ? 1 : 2;
}

std::string fault_plan(const std::string& point) {
  const auto place = point.substr(point.find('.') + 1);
  return point + ":" + std::to_string(passing_of(place));
}

// A customer, what may happen to an order, and what must have become of all of them.
class Customer {
 public:
  explicit Customer(System& system)
      : system_(system), shop_(system), user_(shop_.new_user(kOpening)) {
    for (const auto price : {1'000, 1'051, 1'053, 1'054}) {
      products_.push_back(shop_.new_product(price));
    }
  }

  [[nodiscard]] const Shop& shop() const { return shop_; }

  // One that is delivered, one that is declined, one with a technical failure, one with a lost
  // reply, one that no carrier takes; every third is cancelled at once.
  [[nodiscard]] Json body(int number) const {
    auto body =
        Shop::order_body(user_, products_.at(static_cast<std::size_t>(number) % products_.size()));
    if (number % 5 == 4) body["delivery_address"]["line2"] = "simulate:no-carrier";
    return body;
  }

  void place(int count) {
    for (int i = 0; i < count; ++i) {
      const auto id = shop_.place(body(i));
      ids_.push_back(id);
      if (i % 3 == 2) cancel(id);
    }
  }

  // As a client whose API process may die: nothing when there was no answer.
  bool try_place(int number, const std::string& key) {
    const auto answer = system_.http().try_request("POST", "/orders", body(number).dump(),
                                                   {{"Idempotency-Key", key}});
    if (!answer) return false;
    REQUIRE(answer->status == 202);
    const std::string id = answer->json().at("id");
    const auto [known, fresh] = by_key_.try_emplace(key, id);
    CHECK(known->second == id);
    if (fresh) ids_.push_back(id);
    return true;
  }

  void try_cancel() {
    (void)system_.http().try_request("POST", "/orders/" + ids_.back() + "/cancel", "{}");
  }

  [[nodiscard]] bool has_orders() const { return !ids_.empty(); }

  // Every order accepted so far has ended, and the money agrees.
  void conclude() {
    std::int64_t spent = 0;
    for (const auto& id : ids_) {
      const auto end = shop_.await_end(id);
      if (end == "DELIVERED") spent += shop_.order(id).at("total").at("amount").get<std::int64_t>();
    }
    CHECK(shop_.balance(user_) == kOpening - spent);
    CHECK(system_.database().number("SELECT count(*) FROM orders.orders WHERE user_id = '" + user_ +
                                    "'") == static_cast<std::int64_t>(ids_.size()));
    system_.conclude();
  }

 private:
  void cancel(const std::string& id) {
    const auto answer = system_.http().post("/orders/" + id + "/cancel");
    const bool sound = answer.status == 202 || answer.status == 409;
    CHECK(sound);
  }

  System& system_;
  Shop shop_;
  std::string user_;
  std::vector<std::string> products_;
  std::vector<std::string> ids_;
  std::map<std::string, std::string> by_key_;
};

// It ended, and it was this point that ended it.
void require_death_at(System& system, const std::string& role, const std::string& plan) {
  wait_until([&] { return plan + " is reached; the log:\n" + system.process(role).log_tail(); },
             [&] { return !system.process(role).running(); });
  INFO(plan << "; the log:\n" << system.process(role).log_tail());
  REQUIRE(system.process(role).wait_exit() == 128 + SIGKILL);
  REQUIRE(system.log(role).find("crash point " + plan + ": killed") != std::string::npos);
}

void await_owner(System& system, const std::string& role) {
  const auto pid = std::to_string(system.process(role).pid());
  wait_until(role + " owns partitions", [&] {
    return system.database().number("SELECT count(*) FROM " +
                                    std::string(events::find_role(role)->schema) +
                                    ".partitions WHERE owner LIKE '%:" + pid + "'") > 0;
  });
}

// What makes a role pass a place that work alone does not lead to.
void provoke(System& system, const std::string& place, const std::vector<std::string>& roles) {
  if (place != "in_shutdown" && place != "in_revoke") return;
  for (const auto& role : roles) await_owner(system, role);
  for (const auto& role : roles) {
    if (place == "in_shutdown") system.process(role).signal(SIGTERM);
    if (place == "in_revoke") system.start_second(role);
  }
}

// All owners die at the same place of theirs, each while the others live or are dead already; that
// they share the session time-out of the dead keeps the walk short.
void walk_owners(System& system, Customer& customer, const std::string& place,
                 const std::vector<std::string>& roles) {
  CAPTURE(place);
  for (const auto& role : roles) {
    REQUIRE(system.process(role).terminate() == 0);
    system.start(role, {{"ORDERFLOW_CRASH_AT", fault_plan(role + "." + place)}}, false);
  }
  customer.place(15);
  provoke(system, place, roles);
  std::set<std::string> alive(roles.begin(), roles.end());
  while (!alive.empty()) {
    wait_until(
        [&] { return "all die at " + place + ": " + *alive.begin() + "; " + system.log_tails(); },
        [&] {
          return std::any_of(alive.begin(), alive.end(),
                             [&](const auto& role) { return !system.process(role).running(); });
        });
    for (const auto& role : roles) {
      if (!alive.contains(role) || system.process(role).running()) continue;
      require_death_at(system, role, fault_plan(role + "." + place));
      system.start(role, {}, false);
      alive.erase(role);
    }
  }
  for (const auto& role : roles) {
    system.wait_ready(role);
    if (place == "in_revoke") system.stop_second(role);
  }
  customer.conclude();
}

// Clients go on until the API is dead, and repeat what was not answered once it is back.
void walk_api(System& system, Customer& customer, const std::string& point) {
  CAPTURE(point);
  REQUIRE(system.process("api").terminate() == 0);
  system.start("api", {{"ORDERFLOW_CRASH_AT", fault_plan(point)}});
  std::map<std::string, int> unanswered;
  for (int i = 0; i < 50 && system.process("api").running(); ++i) {
    const auto key = fresh_key();
    if (!customer.try_place(i, key)) unanswered[key] = i;
    if (i % 2 == 1 && customer.has_orders()) customer.try_cancel();
  }
  require_death_at(system, "api", fault_plan(point));
  system.start("api");
  for (const auto& [key, number] : unanswered) REQUIRE(customer.try_place(number, key));
  customer.conclude();
}

// The walk is cut into parts, which run beside each other.
constexpr std::size_t kParts = 3;

void walk_part(std::size_t part) {
  System system({.name = "crash-points-" + std::to_string(part + 1)});
  Customer customer(system);
  std::map<std::string, std::vector<std::string>> owners_by_place;
  for (const auto& name : core::crash_point_names(events::kCrashRoles)) {
    const auto dot = name.find('.');
    const auto role = name.substr(0, dot);
    if (role != events::kApi.name) owners_by_place[name.substr(dot + 1)].push_back(role);
  }
  REQUIRE(owners_by_place.size() > 10);
  std::size_t number = 0;
  for (const auto& [place, roles] : owners_by_place) {
    if (number++ % kParts == part) walk_owners(system, customer, place, roles);
  }
}

TEST_CASE("each owner dies at each of its crash points, part 1", "[own][crash]") { walk_part(0); }
TEST_CASE("each owner dies at each of its crash points, part 2", "[own][crash]") { walk_part(1); }
TEST_CASE("each owner dies at each of its crash points, part 3", "[own][crash]") { walk_part(2); }

TEST_CASE("the front end dies at each of its crash points", "[own][crash]") {
  System system({.name = "crash-points-api"});
  Customer customer(system);
  int walked = 0;
  for (const auto& name : core::crash_point_names(events::kCrashRoles)) {
    if (!name.starts_with("api.")) continue;
    walk_api(system, customer, name);
    ++walked;
  }
  CHECK(walked > 5);
}

}  // namespace
}  // namespace orderflow::testing
