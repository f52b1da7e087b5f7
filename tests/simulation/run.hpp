#pragma once

#include <iosfwd>
#include <string>

#include "tests/simulation/world.hpp"

namespace orderflow::simulation {

struct RunOptions {
  std::uint64_t seed = 1;
  std::uint64_t sagas = 100'000;
  int sagas_per_world = 1'000;
  int threads = 2;
  FaultSwitches faults = all_faults();
  Defect defect = Defect::kNone;

  [[nodiscard]] static FaultSwitches all_faults() {
    FaultSwitches all;
    all.fill(true);
    return all;
  }
};

struct RunResult {
  std::uint64_t worlds = 0;
  std::uint64_t sagas = 0;
  FaultCounts faults{};
  std::array<std::uint64_t, 9> ends{};
  std::uint64_t checks = 0;
  std::uint64_t requests = 0;
  // Of the first failing world, whatever the number of threads; empty when every promise held.
  std::string violation;
  std::uint64_t world = 0;
  int order = -1;
  std::vector<std::string> trace;
};

// Runs worlds until all sagas are simulated or one world breaks a promise, each world on one
// thread. The same options give the same result on every machine.
[[nodiscard]] RunResult run(const RunOptions& options);

// The seed of a run's n-th world. A world can be run alone: `--seed S --world N`.
[[nodiscard]] WorldOptions world_of(const RunOptions& options, std::uint64_t number);

// What happened, for a person; on failure the command that repeats it and the order's trace.
void print(const RunResult& result, const RunOptions& options, std::ostream& out);

}  // namespace orderflow::simulation
