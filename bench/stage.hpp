#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "bench/load.hpp"
#include "bench/meter.hpp"
#include "bench/options.hpp"
#include "bench/outcomes.hpp"
#include "bench/report.hpp"
#include "core/observe/log.hpp"
#include "core/settings/settings.hpp"

namespace orderflow::bench {

// One stretch of load: what a scenario is made of.
struct Phase {
  std::string name;
  Pace pace = Pace::kOutcome;
  int clients = 1;
  std::chrono::seconds warm_up{0};
  std::chrono::seconds measured{0};
  double rate = 0;                 // Pace::kRate: orders a second.
  bool reads = false;              // Ask for orders instead of placing them.
  bool kill_orchestrator = false;  // In the middle of the window, by SIGKILL.
};

// The running instance and those who use it: what all phases of a run share. Blocks in each call;
// one thread. Throws core::Unavailable.
class Stage {
 public:
  Stage(const core::Settings& settings, const Options& options);

  // A few orders, one after the other, before any load: an instance that has just started may still
  // be finding its partitions, and clients that wait for that would spoil the window. The slowest
  // one's time is told, being what a person meets.
  [[nodiscard]] LoadResult place_first_orders();

  // The load runs on a thread of its own while this one reads the meter at both ends of the window.
  [[nodiscard]] PhaseReport run(const Phase& phase);

  [[nodiscard]] Meter& meter() { return meter_; }
  [[nodiscard]] const core::Settings& settings() const { return settings_; }

 private:
  void kill_orchestrator() const;

  const core::Settings& settings_;
  const Options& options_;
  std::string state_dir_;
  core::Logger logger_;
  asio::io_context context_;
  asio::ip::tcp::endpoint endpoint_;
  Shop shop_;
  Meter meter_;
  Load load_;
  std::vector<core::Uuid> orders_;  // To ask for.
  OutcomeWatch watch_;
};

// A line on stderr, for whoever waits.
void tell(const std::string& text);

}  // namespace orderflow::bench
