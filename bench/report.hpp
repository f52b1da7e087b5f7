#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/load.hpp"
#include "bench/machine.hpp"
#include "bench/meter.hpp"
#include "bench/options.hpp"

namespace orderflow::bench {

struct PhaseReport {
  std::string name;
  std::string unit;  // What is completed: "saga" or "read".
  int clients = 0;
  double rate = 0;     // Orders a second of an open loop.
  double seconds = 0;  // of the window
  LoadResult load;
  Spent spent;  // within the window

  [[nodiscard]] double accepted_per_second() const;
  [[nodiscard]] double per_second() const;
  // CPU time that none of the measured processes used: a machine that was not quiet.
  [[nodiscard]] std::int64_t others_cpu_us() const;
};

// What follows from the phases of a scenario.
struct Finding {
  std::string name;
  double value = 0;
  std::string unit;
};

struct Report {
  std::string time;
  Options options;
  Machine machine;
  std::vector<std::pair<std::string, std::string>> settings;
  double first_order_ms = 0;  // Slowest of the orders placed one by one before any load.
  std::int64_t first_orders = 0;
  std::vector<PhaseReport> phases;
  std::size_t main = 0;  // The phase whose costs are told.
  std::vector<Finding> findings;
  std::optional<int> audit;  // its exit code; nullopt: left out

  // Every order ended, every exchange was answered as it should be, and the audit found nothing.
  [[nodiscard]] bool passed() const;
};

// For a person.
[[nodiscard]] std::string as_text(const Report& report);

// For a program: the same figures, for every phase.
[[nodiscard]] std::string as_json(const Report& report);

}  // namespace orderflow::bench
