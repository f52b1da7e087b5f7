#include "tests/chaos/report.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>

#include "bench/machine.hpp"

namespace orderflow::chaos {
namespace {

constexpr int kNameWidth = 40;
constexpr std::size_t kShownOfEach = 5;

template <typename Value>
void row(const std::string& name, const Value& value) {
  std::cout << "  " << std::left << std::setw(kNameWidth) << name << " " << value << "\n";
}

}  // namespace

void Report::counts(std::map<FaultKind, int> faults, int commits_lost) {
  faults_ = std::move(faults);
  commits_lost_ = commits_lost;
}

void Report::held(const std::string& invariant, const std::vector<std::string>& violations) {
  for (auto& [name, state] : invariants_) {
    if (name != invariant) continue;
    state =
        violations.empty() ? "held" : "VIOLATED " + std::to_string(violations.size()) + " times";
  }
  for (std::size_t i = 0; i < violations.size() && i < kShownOfEach; ++i) {
    violations_.push_back(invariant + ": " + violations[i]);
  }
}

bool Report::all_held() const {
  return std::all_of(invariants_.begin(), invariants_.end(),
                     [](const auto& one) { return one.second == "held"; });
}

Report::~Report() {
  const auto seconds = [](Clock::duration d) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(d).count()) + " s";
  };
  const auto end = Clock::now();
  const auto healed = healed_ == Clock::time_point{} ? end : healed_;
  std::cout << "\nchaos\n";
  row("seed", options_.seed);
  const auto machine = bench::describe_machine();
  row("machine", std::to_string(machine.cores) + " cores, " + machine.cpu + ", " +
                     std::to_string(machine.memory_mib) + " MiB");
  row("under faults", seconds(healed - began_));
  row("from the last fault to here", seconds(end - healed));
  for (const auto& [name, value] : figures_) row(name, value);
  int sum = 0;
  for (const auto& [kind, count] : faults_) sum += count;
  std::cout << "faults: " << sum << "\n";
  for (const auto& [kind, count] : faults_) row(std::string(name_of(kind)), count);
  row("  COMMITs whose answer was lost", commits_lost_);
  if (options_.other_binary.empty()) {
    row("other version", "skipped: no --other-binary was given");
  }
  std::cout << "invariants\n";
  for (const auto& [name, state] : invariants_) row(name, state);
  for (const auto& violation : violations_) std::cout << "VIOLATION " << violation << "\n";
  std::cout << "result: "
            << (all_held() ? "every invariant held"
                           : "VIOLATED; the same seed again: "
                             "./orderflow chaos --seed " +
                                 std::to_string(options_.seed))
            << std::endl;
}

}  // namespace orderflow::chaos
