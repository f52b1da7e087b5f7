// The program `orderflow-chaos`: steady load, a nemesis from a seed, and the records compared at
// the end. A Catch2 session with one test, so that everything in tests/support works as in any
// other.
#include <catch2/catch_session.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>

#include "core/values/failure.hpp"
#include "tests/chaos/client.hpp"
#include "tests/chaos/nemesis.hpp"
#include "tests/chaos/report.hpp"
#include "tests/chaos/verdict.hpp"
#include "tests/support/shop.hpp"

namespace orderflow::chaos {
namespace {

using testing::Shop;
using testing::System;

Options options;  // Set by main before the session runs.

constexpr std::int64_t kOpening = 300'000;
constexpr Millis kTurn{20};

// Prices whose last digits ask for failures (domain/README.md) among plain ones.
std::vector<Product> stock(const Shop& shop) {
  std::vector<Product> products;
  for (const std::int64_t price : {1'000, 1'200, 2'500, 4'000, 900, 1'051, 1'052, 1'053, 1'054}) {
    products.push_back({shop.new_product(price), price});
  }
  return products;
}

std::vector<std::unique_ptr<Client>> clients_of(const Shop& shop, std::uint16_t port) {
  const auto products = stock(shop);
  const Millis pause{options.rate == 0 ? 0 : 1000 * options.clients / options.rate};
  std::vector<std::unique_ptr<Client>> clients;
  for (std::int64_t i = 0; i < options.clients; ++i) {
    Client::Setup setup{shop.new_user(kOpening), kOpening, products,
                        options.seed * 1'000 + static_cast<std::uint64_t>(i), pause};
    clients.push_back(std::make_unique<Client>(std::move(setup), port));
  }
  return clients;
}

// Runs the clients on threads of their own while this object lives; finish() lets them end what
// they began.
class Load {
 public:
  explicit Load(std::vector<std::unique_ptr<Client>>& clients) : clients_(clients) {
    for (auto& client : clients_) {
      threads_.emplace_back([this, one = client.get()](const std::stop_token& stop) {
        one->run(stop, accepted_);
        ++ended_;
      });
    }
  }
  // Reached without finish() only when the test has failed.
  ~Load() { give_up(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  [[nodiscard]] std::int64_t accepted() const { return accepted_; }
  void stop() {
    for (auto& thread : threads_) thread.request_stop();
  }
  // False when a client still waits for an answer that decides.
  bool finish(Millis timeout) {
    stop();
    const bool ended = testing::holds_within(
        timeout, [this] { return ended_ == static_cast<int>(threads_.size()); });
    give_up();
    threads_.clear();
    return ended;
  }

 private:
  void give_up() {
    for (auto& client : clients_) client->give_up();
  }

  std::vector<std::unique_ptr<Client>>& clients_;
  std::atomic<std::int64_t> accepted_{0};
  std::atomic<int> ended_{0};
  std::vector<std::jthread> threads_;
};

// A line a minute, so that a long run can be watched.
class Progress {
 public:
  explicit Progress(const System& system) : system_(system) {}

  void tell(const Nemesis& nemesis, const Load& load) {
    if (std::chrono::steady_clock::now() < due_) return;
    due_ += kInterval;
    ++minutes_;
    const auto accepted = load.accepted();
    std::cout << "--- " << minutes_ << " min: " << accepted << " orders accepted, "
              << accepted - std::exchange(accepted_, accepted) << " of them in the last minute; "
              << live() << " sagas live; " << nemesis.faults() << " faults" << std::endl;
  }

 private:
  static constexpr std::chrono::minutes kInterval{1};

  // PostgreSQL itself may be what the nemesis has taken away.
  [[nodiscard]] std::string live() const {
    try {
      return system_.database().text("SELECT count(*) FROM orders.sagas WHERE live");
    } catch (const std::exception&) {
      return "unknown";
    }
  }

  const System& system_;
  std::chrono::steady_clock::time_point due_ = std::chrono::steady_clock::now() + kInterval;
  std::int64_t minutes_ = 0;
  std::int64_t accepted_ = 0;
};

void torment(const System& system, Nemesis& nemesis, const Load& load) {
  Progress progress(system);
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes{options.minutes};
  (void)testing::holds_within(std::chrono::hours{24 * 30}, [&] {
    nemesis.step();
    progress.tell(nemesis, load);
    (void)testing::holds_within(kTurn, [] { return false; });
    return options.sagas > 0 ? load.accepted() >= options.sagas
                             : std::chrono::steady_clock::now() >= end;
  });
}

TEST_CASE("whatever dies, nothing is lost and nothing happens twice", "[chaos]") {
  // First of all, so that it stands there however the run ends.
  std::cout << "seed " << options.seed << "; the same faults again: ./orderflow chaos --seed "
            << options.seed << std::endl;
  Report report(options);
  Links links;
  System system({.name = "chaos",
                 .settings = {{"LOG_LEVEL", "info"}, {"ORDERFLOW_BACKLOG_AGE_LIMIT", "20s"}},
                 .own_postgres = true,
                 .own_broker = true,
                 .kafka_proxy_port = links.kafka.port(),
                 .roles = {}});
  links.postgres.forward_to(system.postgres_port());
  links.kafka.forward_to(system.kafka_proxied_port());
  links.api.forward_to(system.http().port());
  Nemesis nemesis(system, links, options);
  nemesis.start_roles();
  const Shop shop(system);
  auto clients = clients_of(shop, links.api.port());
  Verdict verdict(system, clients, report);

  bool answered = false;
  {
    report.faults_began();
    Load load(clients);
    torment(system, nemesis, load);
    load.stop();
    nemesis.heal();
    report.faults_ended();
    answered = load.finish(Millis{30'000});
    report.accepted(load.accepted());
  }
  report.counts(nemesis.counts(), links.postgres.commits_lost());
  verdict.reach(answered, nemesis.problems());
  CHECK(report.all_held());
}

void print_plan() {
  using Lane = Schedule::Lane;
  for (const Lane lane : {Lane::kProcesses, Lane::kNetwork}) {
    Schedule schedule = schedule_of(options, lane);
    std::cout << (lane == Lane::kProcesses ? "processes and servers\n" : "network and sessions\n");
    // Without what beginning and ending a fault takes: a real run gets less far.
    Millis at{0};
    while (!schedule.empty() && at < std::chrono::minutes{options.minutes}) {
      const Fault fault = schedule.next();
      at += fault.pause;
      std::cout << "  " << at.count() << " ms  " << describe(fault) << "\n";
      at += fault.lasts;
    }
  }
}

int run(const std::vector<std::string>& arguments) {
  const auto given = read_options(arguments);
  if (!given) return 0;
  options = *given;
  if (options.plan) {
    print_plan();
    return 0;
  }
  ::setenv("ORDERFLOW_TEST_BROKER", "kafka", 1);
  Catch::Session session;
  return session.run();
}

}  // namespace
}  // namespace orderflow::chaos

int main(int argc, char** argv) {
  try {
    return orderflow::chaos::run({argv + 1, argv + argc});
  } catch (const orderflow::core::BadConfiguration& problem) {
    std::fprintf(stderr, "orderflow: %s\n", problem.what());
    return 2;
  }
}
