// orderflow-simulate: see tests/simulation/README.md.
#include <chrono>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/settings/arguments.hpp"
#include "core/values/failure.hpp"
#include "tests/simulation/run.hpp"

namespace {

using namespace orderflow::simulation;

constexpr int kThreadsMax = 1'000;

struct Arguments {
  RunOptions run;
  std::optional<std::uint64_t> world;
  int order = -1;
  bool list = false;
};

std::string problem_of_fault(const std::string& name) {
  return fault_of(name) ? "" : "there is no fault '" + name + "'; --list names them";
}

void switch_faults(FaultSwitches& faults, const std::vector<std::string>& names, bool value) {
  for (const auto& name : names) faults[static_cast<std::size_t>(*fault_of(name))] = value;
}

// Nothing when only --help was asked for.
std::optional<Arguments> parse(std::span<const std::string> words) {
  Arguments arguments;
  std::vector<std::string> only;
  std::vector<std::string> without;
  CLI::App app("Runs sagas in simulated worlds full of faults; see tests/simulation/README.md.",
               "orderflow simulate");
  app.add_option("--seed", arguments.run.seed, "the same seed, the same run")
      ->capture_default_str();
  app.add_option("--sagas", arguments.run.sagas, "how many")->capture_default_str();
  app.add_option("--threads", arguments.run.threads, "worlds at once")
      ->capture_default_str()
      ->check(CLI::Range(1, kThreadsMax));
  auto* world = app.add_option("--world", arguments.world, "that world of the run alone");
  app.add_option("--order", arguments.order, "prints all that happened to that order")
      ->needs(world)
      ->check(CLI::NonNegativeNumber);
  app.add_option("--only", only, "none but these faults, e.g. crash,message-lost")
      ->delimiter(',')
      ->check(&problem_of_fault);
  app.add_option("--without", without, "all but these faults")
      ->delimiter(',')
      ->check(&problem_of_fault);
  app.add_flag("--list", arguments.list, "the kinds of fault");
  if (!orderflow::core::parse_arguments(app, words)) return std::nullopt;
  if (!only.empty()) arguments.run.faults.fill(false);
  switch_faults(arguments.run.faults, only, true);
  switch_faults(arguments.run.faults, without, false);
  return arguments;
}

// One world alone, and the trace of one of its orders.
RunResult run_one(const Arguments& arguments) {
  WorldOptions options = world_of(arguments.run, *arguments.world);
  options.watched = arguments.order;
  WorldResult world = World(options).run();
  if (!world.violation.empty() && arguments.order < 0) {
    options.watched = std::max(world.order, 0);
    world = World(options).run();
  }
  RunResult result;
  result.worlds = 1;
  result.sagas = static_cast<std::uint64_t>(options.sagas);
  result.faults = world.faults;
  result.ends = world.ends;
  result.checks = world.checks;
  result.requests = world.requests;
  result.violation = world.violation;
  result.world = *arguments.world;
  result.order = world.order;
  result.trace = world.trace;
  return result;
}

int simulate(const Arguments& arguments) {
  if (arguments.list) {
    for (const auto& fault : kFaultNames) std::cout << fault << "\n";
    return 0;
  }
  const auto began = std::chrono::steady_clock::now();
  const RunResult result = arguments.world ? run_one(arguments) : run(arguments.run);
  print(result, arguments.run, std::cout);
  if (result.violation.empty() && arguments.order >= 0) {
    for (const auto& line : result.trace) std::cout << line << "\n";
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::cerr << "took " << took.count() << " s\n";
  return result.violation.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    const auto arguments = parse(words);
    return arguments ? simulate(*arguments) : 0;
  } catch (const orderflow::core::BadConfiguration& problem) {
    std::cerr << "orderflow: " << problem.what() << "\n";
    return 2;
  }
}
