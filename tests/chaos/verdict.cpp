#include "tests/chaos/verdict.hpp"

#include <catch2/catch_test_macros.hpp>
#include <iostream>

#include "tests/support/mass_reader.hpp"
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

// What an answer says under that name, or its status when it is no answer to the question.
std::string word_of(const testing::Answer& answer, const json& body, const char* name) {
  return answer.status == 200 ? body.value(name, "?") : std::to_string(answer.status);
}

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
  // Requests last: no index leads to the unfinished ones, and each look would cost the system time.
  const char* const going_on =
      "SELECT (EXISTS (SELECT FROM orders.sagas WHERE live) OR EXISTS (SELECT FROM "
      "delivery.deliveries WHERE live) OR EXISTS (SELECT FROM orders.requests WHERE state NOT IN "
      "('done', 'refused')))::int";
  const bool rested =
      testing::holds_within(kPromise6, [&] { return system_.database().number(going_on) == 0; });
  report_.rested();
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
  struct Promised {
    std::string id;
    std::int64_t total;
    std::string* status;  // Where what it has become is noted; each has its own.
  };
  std::vector<Promised> promised;
  std::map<std::string, std::int64_t> by_end;
  for (const auto& client : clients_) {
    for (const auto& [id, total] : client->orders()) {
      promised.push_back({id, total, &ends_[id]});
    }
  }
  const auto violations = testing::read_all(
      system_.http().port(), promised.size(),
      [&](std::size_t i) { return "/orders/" + promised[i].id; },
      [&](std::size_t i, const Answer& answer) -> std::string {
        const auto& [id, total, status] = promised[i];
        const json order = json::parse(answer.body, nullptr, false);
        *status = word_of(answer, order, "status");
        if (!is_end(*status)) return id + " is " + *status;
        if (order.at("total").at("amount") == total) return {};
        return id + " was accepted at " + std::to_string(total) + " and is " +
               order.at("total").dump();
      });
  for (const auto& [id, status] : ends_) ++by_end[status];
  report_.figure("orders judged", static_cast<std::int64_t>(ends_.size()));
  for (const auto& [status, count] : by_end) report_.figure("  " + status, count);
  report_.held(kOrders, violations);
}

void Verdict::check_jobs() {
  struct Promised {
    const Client::Job* job;
    std::string* state;
  };
  // The same job may have been the answer to several requests.
  std::map<std::string, const Client::Job*> by_id;
  for (const auto& client : clients_) {
    for (const auto& job : client->jobs()) by_id.emplace(job.id, &job);
  }
  std::vector<Promised> promised;
  for (const auto& [id, job] : by_id) promised.push_back({job, &job_states_[id]});
  const auto violations = testing::read_all(
      system_.http().port(), promised.size(),
      [&](std::size_t i) { return "/jobs/" + promised[i].job->id; },
      [&](std::size_t i, const Answer& answer) -> std::string {
        const auto& job = *promised[i].job;
        const json found = json::parse(answer.body, nullptr, false);
        const auto& state = *promised[i].state = word_of(answer, found, "state");
        if (state != "done" && state != "refused") {
          return job.kind + " " + job.id + " of " + job.order_id + " is " + state;
        }
        const auto& end = ends_.at(job.order_id);
        if (job.kind != "cancel" || state != "done" || end == "CANCELLED") return {};
        return "cancel " + job.id + " is done, but " + job.order_id + " is " + end;
      });
  std::map<std::string, std::int64_t> by_kind;
  for (const auto& [job, state] : promised) ++by_kind[job->kind + " " + *state];
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
                           ", and its own record says " + std::to_string(expected));
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
