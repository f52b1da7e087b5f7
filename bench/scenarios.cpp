#include "bench/scenarios.hpp"

#include <algorithm>

#include "bench/history.hpp"
#include "core/values/failure.hpp"

namespace orderflow::bench {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

// The levels at which latency is always told, beside the one asked for.
constexpr int kUsualLevels[] = {64, 1};
constexpr seconds kShortWindow = 10s;
constexpr seconds kShortWarmUp = 3s;
// Of an open loop that does not wait for answers: enough connections that none is missing.
constexpr int kOpenClients = 512;
constexpr double kHalf = 0.5;
constexpr double kTwice = 2;
constexpr std::int64_t kTellEvery = 500'000;

std::string in_flight(int clients) { return std::to_string(clients) + " in flight"; }

std::string a_second(double rate) { return std::to_string(static_cast<int>(rate)) + " orders/s"; }

Phase closed_loop(int clients, seconds warm_up, seconds measured) {
  return {in_flight(clients), Pace::kOutcome, clients, warm_up, measured};
}

// The load that was asked for.
Phase closed_loop(const Options& options) {
  return closed_loop(options.clients, options.warm_up, options.measured);
}

seconds short_warm_up(const Options& options) { return std::min(options.warm_up, kShortWarmUp); }

// False when the load left something behind, so that nothing more can be measured.
bool add(Stage& stage, const Phase& phase, Report& report) {
  report.phases.push_back(stage.run(phase));
  report.main = report.phases.size() - 1;
  return report.phases.back().load.unfinished == 0;
}

void find(Report& report, std::string name, double value, std::string unit) {
  report.findings.push_back({std::move(name), value, std::move(unit)});
}

void run_sagas(Stage& stage, const Options& options, Report& report) {
  bool going = add(stage, closed_loop(options), report);
  std::vector<int> levels = options.levels;
  if (levels.empty()) levels.assign(std::begin(kUsualLevels), std::end(kUsualLevels));
  for (const int clients : levels) {
    if (!going || clients == options.clients) continue;
    const auto measured =
        options.levels.empty() ? std::min(options.measured, kShortWindow) : options.measured;
    going = add(stage, closed_loop(clients, short_warm_up(options), measured), report);
  }
  report.main = 0;
}

// What a closed loop completes a second, as the base of a rate.
std::optional<double> capacity(Stage& stage, const Options& options, Report& report) {
  if (!add(stage, closed_loop(options), report)) return std::nullopt;
  return report.phases.back().per_second();
}

Phase open_loop(const Options& options, double rate) {
  return {a_second(rate) + ", open loop", Pace::kRate,      kOpenClients,
          short_warm_up(options),         options.measured, rate};
}

void run_latency(Stage& stage, const Options& options, Report& report) {
  double rate = options.rate;
  if (rate == 0) {
    const auto best = capacity(stage, options, report);
    if (!best) return;
    rate = *best * kHalf;
  }
  (void)add(stage, open_loop(options, rate), report);
}

void run_overload(Stage& stage, const Options& options, Report& report) {
  const auto best = capacity(stage, options, report);
  if (!best) return;
  const double rate = options.rate == 0 ? *best * kTwice : options.rate;
  (void)add(stage, open_loop(options, rate), report);
  const PhaseReport& phase = report.phases.back();
  find(report, "throughput against the best", phase.per_second() / *best, "");
  find(report, "refused with 429", static_cast<double>(phase.load.answered(429)), "orders");
  find(report, "refused with 503", static_cast<double>(phase.load.answered(503)), "orders");
}

// Warmed up by sagas that end before it begins, so that the burst meets an idle system.
void run_accept(Stage& stage, const Options& options, Report& report) {
  const Phase before = closed_loop(options.clients, 0s, std::max(options.warm_up, 1s));
  if (!add(stage, before, report)) return;
  const Phase burst{"burst over " + std::to_string(options.clients) + " connections", Pace::kAnswer,
                    options.clients, 0s, options.measured};
  (void)add(stage, burst, report);
  find(report, "accepted", report.phases.back().accepted_per_second(), "orders/s");
}

void run_read(Stage& stage, const Options& options, Report& report) {
  if (!add(stage, closed_loop(options.clients, 0s, kShortWarmUp), report)) return;
  Phase reads = closed_loop(options.clients, short_warm_up(options), options.measured);
  reads.name = std::to_string(options.clients) + " readers";
  reads.reads = true;
  (void)add(stage, reads, report);
}

void run_growth(Stage& stage, const Options& options, Report& report) {
  Phase phase = closed_loop(options);
  phase.name += ", new tables";
  if (!add(stage, phase, report)) return;
  tell("writing " + std::to_string(options.history) + " finished orders");
  write_history(stage.settings(), options.history, [](std::int64_t written) {
    if (written % kTellEvery == 0) tell(std::to_string(written) + " written");
  });
  phase.name = in_flight(options.clients) + ", " + std::to_string(options.history) + " orders old";
  if (!add(stage, phase, report)) return;
  const double fresh = report.phases[report.phases.size() - 2].per_second();
  find(report, "throughput against new tables", report.phases.back().per_second() / fresh, "");
}

void run_recovery(Stage& stage, const Options& options, Report& report) {
  Phase phase = closed_loop(options);
  phase.kill_orchestrator = true;
  (void)add(stage, phase, report);
  const auto& tenths = report.phases.back().load.completions.tenths();
  const auto recovered = time_to_recover(tenths, tenths.size() / 2);
  if (!recovered) {
    throw core::Unavailable(
        "bench: the rate did not come back within the window;"
        " give it more --seconds");
  }
  find(report, "back at nine tenths after", static_cast<double>(recovered->count()) / 1e6, "s");
}

}  // namespace

bool needs_own_instance(Scenario scenario) {
  return scenario == Scenario::kGrowth || scenario == Scenario::kRecovery;
}

void run_scenario(Stage& stage, const Options& options, Report& report) {
  switch (options.scenario) {
    case Scenario::kSagas:
    case Scenario::kFailures: return run_sagas(stage, options, report);
    case Scenario::kLatency: return run_latency(stage, options, report);
    case Scenario::kAccept: return run_accept(stage, options, report);
    case Scenario::kRead: return run_read(stage, options, report);
    case Scenario::kGrowth: return run_growth(stage, options, report);
    case Scenario::kOverload: return run_overload(stage, options, report);
    case Scenario::kRecovery: return run_recovery(stage, options, report);
  }
}

}  // namespace orderflow::bench
