#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace orderflow::bench {

enum class Scenario {
  kSagas,     // Complete sagas at several levels of concurrency.
  kLatency,   // Open loop at half of what the closed loop reached.
  kAccept,    // A burst of orders, none of which may be lost.
  kRead,      // GET /orders/{id}/status.
  kGrowth,    // Sagas with millions of finished orders in the tables, against none.
  kOverload,  // Open loop at twice of what the closed loop reached.
  kFailures,  // Sagas while participants decline and stay silent.
  kRecovery,  // The orchestrator is killed at full rate.
};

[[nodiscard]] std::string_view name_of(Scenario scenario);

// What a person asked for on the command line.
struct Options {
  Scenario scenario = Scenario::kSagas;
  int clients = 64;
  std::vector<int> levels;           // Further numbers of orders in flight; empty: 64 and 1.
  double rate = 0;                   // Orders a second of an open loop; 0: as the scenario says.
  std::int64_t history = 5'000'000;  // Finished orders, for kGrowth.
  std::chrono::seconds measured{20};
  std::chrono::seconds warm_up{5};
  // After the load has ended: time for the orders under way to reach their outcome.
  std::chrono::seconds deadline{60};
  int accounts = 256;
  std::string url;  // Empty: the HTTP port of the configuration.
  std::string json_file;
  bool audit = true;
  bool check_only = false;   // Only say whether the arguments are understood.
  std::string figures_file;  // Set: only print the figures of this report.
};

// What `orderflow bench` takes, for its command line. `options` must live until that is parsed.
void add_options(CLI::App& app, Options& options);

struct HttpAddress {
  std::string host;
  std::string port;
};

// "http://127.0.0.1:8080", with or without a trailing slash; empty for anything else.
[[nodiscard]] std::optional<HttpAddress> parse_url(std::string_view url);

}  // namespace orderflow::bench
