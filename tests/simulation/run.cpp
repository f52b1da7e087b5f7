#include "tests/simulation/run.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <ostream>
#include <thread>

namespace orderflow::simulation {
namespace {

void add(RunResult& total, const WorldResult& one, int sagas) {
  ++total.worlds;
  total.sagas += static_cast<std::uint64_t>(sagas);
  total.checks += one.checks;
  total.requests += one.requests;
  for (std::size_t i = 0; i < kFaultCount; ++i) total.faults[i] += one.faults[i];
  for (std::size_t i = 0; i < one.ends.size(); ++i) total.ends[i] += one.ends[i];
}

std::string switches_of(const RunOptions& options) {
  std::string off;
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (!options.faults[i])
      off += std::string(off.empty() ? " --without " : ",") + std::string(kFaultNames[i]);
  }
  return off;
}

}  // namespace

WorldOptions world_of(const RunOptions& options, std::uint64_t number) {
  const auto per_world = static_cast<std::uint64_t>(options.sagas_per_world);
  const auto left = options.sagas - std::min(options.sagas, number * per_world);
  WorldOptions world;
  world.seed = core::split_mix(core::split_mix(options.seed) + number);
  world.sagas = static_cast<int>(std::min(per_world, left));
  world.faults = options.faults;
  world.defect = options.defect;
  return world;
}

RunResult run(const RunOptions& options) {
  const auto per_world = static_cast<std::uint64_t>(options.sagas_per_world);
  const std::uint64_t worlds = (options.sagas + per_world - 1) / per_world;
  RunResult total;
  std::mutex mutex;
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> failing{worlds};
  const auto work = [&] {
    // Worlds before the failing one are still finished, so that the first is reported.
    for (std::uint64_t n = next++; n < failing; n = next++) {
      const WorldOptions world = world_of(options, n);
      const WorldResult result = World(world).run();
      const std::lock_guard lock(mutex);
      add(total, result, world.sagas);
      if (result.violation.empty() || n >= failing) continue;
      failing = n;
      total.violation = result.violation;
      total.order = result.order;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < options.threads; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  if (total.violation.empty()) return total;
  total.world = failing;
  WorldOptions again = world_of(options, failing);
  again.watched = std::max(total.order, 0);
  total.trace = World(again).run().trace;
  return total;
}

void print(const RunResult& result, const RunOptions& options, std::ostream& out) {
  out << result.sagas << " sagas in " << result.worlds << " worlds, " << result.requests
      << " requests, " << result.checks << " checks\n\nfaults\n";
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (result.faults[i] > 0) out << "  " << kFaultNames[i] << " " << result.faults[i] << "\n";
  }
  out << "\nends\n";
  for (std::size_t i = 0; i < result.ends.size(); ++i) {
    if (result.ends[i] == 0) continue;
    out << "  " << saga::to_text(static_cast<saga::OrderStatus>(i)) << " " << result.ends[i]
        << "\n";
  }
  if (result.violation.empty()) {
    out << "\nevery promise held\n";
    return;
  }
  out << "\nBROKEN: " << result.violation << "\n";
  out << "seed " << options.seed << ", world " << result.world;
  if (result.order >= 0) out << ", order " << result.order;
  out << "; again: ./orderflow simulate --seed " << options.seed << " --sagas " << options.sagas
      << " --world " << result.world << switches_of(options) << "\n\n";
  for (const auto& line : result.trace) out << line << "\n";
}

}  // namespace orderflow::simulation
