#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/chaos/options.hpp"
#include "tests/chaos/schedule.hpp"

namespace orderflow::chaos {

// The table a run ends with. Printed by its destructor, so that a run that breaks off tells what it
// knows: an invariant that was not looked at has not held.
class Report {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Report(Options options) : options_(std::move(options)), began_(Clock::now()) {}
  ~Report();
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

  // The load runs and faults come; what came before was building the installation.
  void faults_began() { began_ = Clock::now(); }
  void faults_ended() { healed_ = Clock::now(); }
  void rested() { rested_ = Clock::now(); }
  void accepted(std::int64_t orders) { accepted_ = orders; }
  void counts(std::map<FaultKind, int> faults, int commits_lost);
  void figure(std::string name, std::int64_t value) {
    figures_.emplace_back(std::move(name), value);
  }

  // What will be looked at. held() takes the violations found, with ids; none: it held.
  void announce(std::string invariant) {
    invariants_.emplace_back(std::move(invariant), "not checked");
  }
  void held(const std::string& invariant, const std::vector<std::string>& violations);
  [[nodiscard]] bool all_held() const;

 private:
  Options options_;
  Clock::time_point began_;
  Clock::time_point healed_{};
  Clock::time_point rested_{};
  std::int64_t accepted_ = 0;
  std::map<FaultKind, int> faults_;
  int commits_lost_ = 0;
  std::vector<std::pair<std::string, std::int64_t>> figures_;
  std::vector<std::pair<std::string, std::string>> invariants_;
  std::vector<std::string> violations_;
};

}  // namespace orderflow::chaos
