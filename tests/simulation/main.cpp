// orderflow-simulate: see tests/simulation/README.md.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulation/run.hpp"

namespace {

using namespace orderflow::simulation;

constexpr const char* kUsage =
    "usage: ./orderflow simulate [--seed N] [--sagas N] [--threads N]\n"
    "                            [--world N [--order N]] [--without FAULT,…] [--only FAULT,…]\n"
    "  --world N     that world of the run alone; --order N prints all that happened to one order\n"
    "  --list        the kinds of fault\n";

struct Arguments {
  RunOptions run;
  std::optional<std::uint64_t> world;
  int order = -1;
};

[[noreturn]] void refuse(const std::string& why) {
  std::cerr << "simulate: " << why << "\n" << kUsage;
  std::exit(2);
}

std::uint64_t number(std::string_view name, const std::string& text) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || text.size() > 18) refuse(std::string(name) + " takes a number");
  return std::stoull(text);
}

void switch_faults(FaultSwitches& faults, const std::string& list, bool value) {
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const auto end = std::min(list.find(',', begin), list.size());
    const auto fault = fault_of(std::string_view(list).substr(begin, end - begin));
    if (!fault) refuse("no such fault in '" + list + "'; --list names them");
    faults[static_cast<std::size_t>(*fault)] = value;
    begin = end + 1;
  }
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--help") {
      std::cout << kUsage;
      std::exit(0);
    }
    if (name == "--list") {
      for (const auto& fault : kFaultNames) std::cout << fault << "\n";
      std::exit(0);
    }
    if (++i >= argc) refuse("'" + name + "' is not known, or lacks a value");
    const std::string value = argv[i];
    if (name == "--seed") {
      arguments.run.seed = number(name, value);
    } else if (name == "--sagas") {
      arguments.run.sagas = number(name, value);
    } else if (name == "--threads") {
      arguments.run.threads = static_cast<int>(number(name, value));
    } else if (name == "--world") {
      arguments.world = number(name, value);
    } else if (name == "--order") {
      arguments.order = static_cast<int>(number(name, value));
    } else if (name == "--without") {
      switch_faults(arguments.run.faults, value, false);
    } else if (name == "--only") {
      arguments.run.faults.fill(false);
      switch_faults(arguments.run.faults, value, true);
    } else {
      refuse("'" + name + "' is not known");
    }
  }
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

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
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
