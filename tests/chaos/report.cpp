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

std::string command_of(const Options& options) {
  std::string text = "./orderflow chaos";
  const auto add = [&text](const char* name, const auto& value) {
    text += std::string(" --") + name + " " + std::to_string(value);
  };
  options.sagas > 0 ? add("sagas", options.sagas) : add("minutes", options.minutes);
  add("seed", options.seed);
  add("clients", options.clients);
  add("rate", options.rate);
  add("calm", options.calm);
  for (const auto& kind : options.only) text += " --only '" + kind + "'";
  if (!options.other_binary.empty()) text += " --other-binary " + options.other_binary;
  return text;
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
    // The verdict on a long run takes minutes, too.
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - healed_);
    std::cout << "--- " << since.count() << " s after the last fault: " << name << ": " << state
              << std::endl;
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
  row("command", command_of(options_));
  const auto machine = bench::describe_machine();
  row("machine", std::to_string(machine.cores) + " cores, " + machine.cpu + ", " +
                     std::to_string(machine.memory_mib) + " MiB");
  row("under faults", seconds(healed - began_));
  if (rested_ != Clock::time_point{}) {
    row("from the last fault to rest", seconds(rested_ - healed));
    row("from rest to the end of the verdict", seconds(end - rested_));
  }
  const auto under_faults = std::chrono::duration_cast<Millis>(healed - began_).count();
  row("orders accepted", accepted_);
  row("orders accepted a second", under_faults == 0 ? 0 : accepted_ * 1'000 / under_faults);
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
                           : "VIOLATED; the same faults again: " + command_of(options_))
            << std::endl;
}

}  // namespace orderflow::chaos
