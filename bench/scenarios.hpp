#pragma once

#include "bench/report.hpp"
#include "bench/stage.hpp"

namespace orderflow::bench {

// Whether it needs an instance that nobody else uses: it kills a process, or writes into the
// tables.
[[nodiscard]] bool needs_own_instance(Scenario scenario);

// Runs the scenario's phases one after the other; their figures, and what follows from them, are
// added to the report. Stops early when orders did not end: later figures would mean nothing.
void run_scenario(Stage& stage, const Options& options, Report& report);

}  // namespace orderflow::bench
