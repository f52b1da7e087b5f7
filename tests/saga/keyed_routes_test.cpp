#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <pqxx/pqxx>
#include <set>
#include <thread>

#include "tests/support/keyed_calls.hpp"
#include "tests/support/openapi_check.hpp"

// What an Idempotency-Key promises, of every route that takes one: happened once, answered the same
// again, whoever asks, whenever, and whatever dies in between. Promise 2.
namespace orderflow::testing {
namespace {

constexpr std::size_t kClientsAtOnce = 20;

bool accepted(const Answer& answer) { return answer.status >= 200 && answer.status < 300; }

bool is_replay(const Answer& answer) { return answer.header("idempotency-replayed") == "true"; }

// Status, Location and the body's bytes.
void check_same(const Answer& again, const Answer& first) {
  CHECK(again.status == first.status);
  CHECK(again.header("location") == first.header("location"));
  CHECK(again.body == first.body);
}

void check_replay(const Answer& again, const Answer& first) {
  check_same(again, first);
  CHECK(is_replay(again));
}

// openapi.json documents the routes of the program and no others (a contract test), and every POST
// takes a key; so a new one without a recipe fails here.
TEST_CASE("each route that takes a key is among those tested here", "[shared][keyed]") {
  std::set<std::string> documented;
  for (const auto& [path, item] : openapi().document().at("paths").items()) {
    if (item.contains("post")) documented.insert(path);
  }
  std::set<std::string> tested;
  for (const auto& [route, recipe] : KeyedCalls::recipes()) tested.insert(route);
  CHECK(tested == documented);
}

TEST_CASE("twenty clients at once with one key get one answer", "[shared][keyed]") {
  auto& system = shared_system();
  KeyedCalls calls(system);
  for (const auto& [route, recipe] : KeyedCalls::recipes()) {
    CAPTURE(route);
    const auto call = recipe.prepare(calls);
    const auto key = fresh_key();
    std::vector<std::optional<Answer>> answers(kClientsAtOnce);
    {
      std::vector<std::jthread> clients;
      for (auto& answer : answers) {
        clients.emplace_back([&] { answer = calls.try_send(call, key); });
      }
    }
    REQUIRE(answers.front());
    std::size_t originals = 0;
    for (const auto& answer : answers) {
      REQUIRE(answer);
      INFO(answer->status << " " << answer->body);
      CHECK(accepted(*answer));
      check_same(*answer, *answers.front());
      if (!is_replay(*answer)) ++originals;
    }
    CHECK(originals == 1);
    calls.await_effect(call, *answers.front());
  }
  calls.tidy();
  system.conclude();
}

TEST_CASE("a repeat after the state has moved on gets the first answer", "[shared][keyed]") {
  auto& system = shared_system();
  KeyedCalls calls(system);
  for (const auto& [route, recipe] : KeyedCalls::recipes()) {
    CAPTURE(route);
    const auto call = recipe.prepare(calls);
    const auto key = fresh_key();
    const auto first = calls.send(call, key);
    INFO(first.body);
    REQUIRE(accepted(first));
    CHECK_FALSE(is_replay(first));
    calls.await_effect(call, first);
    const auto later = calls.send(call, fresh_key());
    CHECK(later.status == recipe.status_later);
    check_replay(calls.send(call, key), first);
    // The same key for something else.
    const auto other = calls.send(recipe.prepare(calls), key);
    CHECK(other.status == 422);
    if (accepted(later)) calls.await_effect(call, later);
  }
  calls.tidy();
  system.conclude();
}

// What the effects need is locked, so that nothing new can happen; a known key is answered all the
// same.
TEST_CASE("a repeat while its context is held up gets the first answer", "[shared][keyed]") {
  auto& system = shared_system();
  KeyedCalls calls(system);
  struct Sent {
    KeyedCall call;
    std::string key;
    Answer first;
  };
  std::map<std::string, Sent> sent;
  for (const auto& [route, recipe] : KeyedCalls::recipes()) {
    Sent one{recipe.prepare(calls), fresh_key(), {}};
    one.first = calls.send(one.call, one.key);
    REQUIRE(accepted(one.first));
    calls.await_effect(one.call, one.first);
    sent.emplace(route, std::move(one));
  }
  {
    pqxx::connection connection(system.database().url());
    pqxx::work locks(connection);
    locks.exec(
        "LOCK TABLE orders.requests, payments.accounts, payments.payments, identity.users, "
        "catalogue.products, payments.dead_letters IN ACCESS EXCLUSIVE MODE");
    for (const auto& [route, one] : sent) {
      CAPTURE(route);
      check_replay(calls.send(one.call, one.key), one.first);
    }
  }
  calls.tidy();
  system.conclude();
}

void require_death(System& system, const std::string& plan) {
  wait_until("the API dies at " + plan, [&] { return !system.process("api").running(); });
  REQUIRE(system.process("api").wait_exit() == 128 + SIGKILL);
}

void start_with_crash(System& system, const std::string& plan) {
  system.start("api", {{"ORDERFLOW_CRASH_AT", plan}});
}

// Before the commit there is no claim; after it the answer is there, whoever has it sent.
TEST_CASE("the API dies between claim and answer, and the repeat is answered as if it had not",
          "[own][keyed]") {
  System system({.name = "keyed-crash"});
  KeyedCalls calls(system);
  for (const auto& [route, recipe] : KeyedCalls::recipes()) {
    CAPTURE(route);
    const bool grouped = route == "/orders";
    const std::string before = grouped ? "api.before_group:1" : "api.before_write:1";
    const std::string after = grouped ? "api.after_group:1" : "api.after_write:1";
    const auto call = recipe.prepare(calls);
    const auto key = fresh_key();

    REQUIRE(system.process("api").terminate() == 0);
    start_with_crash(system, before);
    CHECK_FALSE(calls.try_send(call, key));
    require_death(system, before);
    start_with_crash(system, after);
    CHECK_FALSE(calls.try_send(call, key));
    require_death(system, after);
    system.start("api");

    const auto first = calls.send(call, key);
    INFO(first.body);
    REQUIRE(accepted(first));
    CHECK(is_replay(first));
    calls.await_effect(call, first);
    check_replay(calls.send(call, key), first);
    const auto later = calls.send(call, fresh_key());
    CHECK(later.status == recipe.status_later);
    if (accepted(later)) calls.await_effect(call, later);
  }
  calls.tidy();
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
