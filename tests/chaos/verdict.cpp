#include "tests/chaos/verdict.hpp"

#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "tests/support/shop.hpp"

namespace orderflow::chaos {
namespace {

using nlohmann::json;

// Promise 6: 30 s and twice the longest step time-out (test_settings(): 700 ms) after the last
// fault. Start-up does not count: healing ends when every role is ready.
constexpr Millis kPromise6{30'000 + 2 * 700};

constexpr const char* kRest = "every saga has moved or ended in time";
constexpr const char* kOrders = "every accepted order has its outcome";
constexpr const char* kJobs = "every accepted request has its outcome";
constexpr const char* kLedgers = "clients' ledgers agree with balances";
constexpr const char* kAnswers = "no answer that must not be";
constexpr const char* kProcesses = "no process ended by itself";
constexpr const char* kEvents = "events in order, audit, dead letters";

bool is_end(const std::string& status) {
  return status == "DELIVERED" || status == "CANCELLED" || status == "PAYMENT_FAILED";
}

}  // namespace

Verdict::Verdict(testing::System& system, const std::vector<std::unique_ptr<Client>>& clients,
                 Report& report)
    : system_(system), clients_(clients), report_(report) {
  for (const char* invariant : {kRest, kOrders, kJobs, kLedgers, kAnswers, kProcesses, kEvents}) {
    report_.announce(invariant);
  }
}

void Verdict::reach(bool answered, const std::vector<std::string>& problems) {
  await_rest();
  check_orders();
  check_jobs();
  check_ledgers();
  check_answers(answered);
  report_.held(kProcesses, problems);
  conclude();
}

void Verdict::await_rest() {
  const char* kUnfinished =
      "SELECT (SELECT count(*) FROM orders.sagas WHERE live) + (SELECT count(*) FROM "
      "delivery.deliveries WHERE live) + (SELECT count(*) FROM orders.requests WHERE state NOT IN "
      "('done', 'refused'))";
  const bool rested =
      testing::holds_within(kPromise6, [&] { return system_.database().number(kUnfinished) == 0; });
  std::vector<std::string> unfinished;
  if (!rested) {
    for (const auto& row : system_.database().rows(
             "SELECT order_id, status, phase, waiting_for, updated_at, wake_at FROM orders.sagas "
             "WHERE live ORDER BY updated_at LIMIT 100")) {
      std::string text;
      for (const auto& field : row) text += field.value_or("-") + " ";
      unfinished.push_back(text);
    }
    if (unfinished.empty()) unfinished.emplace_back("a delivery or a request is unfinished");
  }
  report_.held(kRest, unfinished);
}

void Verdict::check_orders() {
  std::vector<std::string> violations;
  std::map<std::string, std::int64_t> by_end;
  for (const auto& client : clients_) {
    for (const auto& [id, total] : client->orders()) {
      const auto answer = system_.http().get("/orders/" + id);
      const json order = json::parse(answer.body, nullptr, false);
      const std::string status =
          answer.status == 200 ? order.value("status", "?") : std::to_string(answer.status);
      ends_[id] = status;
      ++by_end[status];
      if (!is_end(status)) violations.push_back(id + " is " + status);
      if (answer.status == 200 && order.at("total").at("amount") != total) {
        violations.push_back(id + " was accepted at " + std::to_string(total) + " and is " +
                             order.at("total").dump());
      }
    }
  }
  report_.figure("orders accepted", static_cast<std::int64_t>(ends_.size()));
  for (const auto& [status, count] : by_end) report_.figure("  " + status, count);
  report_.held(kOrders, violations);
}

void Verdict::check_jobs() {
  std::vector<std::string> violations;
  std::map<std::string, std::int64_t> by_kind;
  for (const auto& client : clients_) {
    for (const auto& job : client->jobs()) {
      const auto answer = system_.http().get("/jobs/" + job.id);
      const json found = json::parse(answer.body, nullptr, false);
      const std::string state =
          answer.status == 200 ? found.value("state", "?") : std::to_string(answer.status);
      job_states_[job.id] = state;
      ++by_kind[job.kind + " " + state];
      if (state != "done" && state != "refused") {
        violations.push_back(job.kind + " " + job.id + " of " + job.order_id + " is " + state);
      }
      if (job.kind == "cancel" && state == "done" && ends_[job.order_id] != "CANCELLED") {
        violations.push_back("cancel " + job.id + " is done, but " + job.order_id + " is " +
                             ends_[job.order_id]);
      }
    }
  }
  for (const auto& [kind, count] : by_kind) report_.figure("  " + kind, count);
  report_.held(kJobs, violations);
}

void Verdict::check_ledgers() {
  const testing::Shop shop(system_);
  std::vector<std::string> violations;
  for (const auto& client : clients_) {
    std::int64_t expected = client->setup().opening + client->adjusted();
    for (const auto& [id, total] : client->orders()) {
      if (ends_[id] == "DELIVERED") expected -= total;
    }
    std::map<std::string, bool> counted;
    for (const auto& job : client->jobs()) {
      if (job.kind != "refund" || job_states_[job.id] != "done") continue;
      if (std::exchange(counted[job.id], true)) continue;
      expected += job.amount;
    }
    const auto balance = shop.balance(client->setup().user_id);
    if (balance != expected) {
      violations.push_back("user " + client->setup().user_id + " has " + std::to_string(balance) +
                           ", and its own books say " + std::to_string(expected));
    }
  }
  report_.held(kLedgers, violations);
}

void Verdict::check_answers(bool answered) {
  std::vector<std::string> violations;
  std::int64_t repeats = 0;
  for (const auto& client : clients_) {
    repeats += client->repeats();
    violations.insert(violations.end(), client->problems().begin(), client->problems().end());
  }
  if (!answered) violations.emplace_back("a client had no answer that decides 30 s after the end");
  report_.figure("requests repeated by clients", repeats);
  report_.held(kAnswers, violations);
}

// The same end as that of every system test; it tells by failing.
void Verdict::conclude() {
  try {
    system_.conclude();
  } catch (...) {
    report_.held(kEvents, {"see the failure above"});
    throw;
  }
  report_.held(kEvents, {});
}

}  // namespace orderflow::chaos
