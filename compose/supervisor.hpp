// The small init of a local instance: starts the table's processes in order, waits until each is
// ready, restarts dead daemons with backoff, and stops them in reverse order on SIGTERM or SIGINT.
// None of its processes outlives it, even when it is killed itself. One thread, no state but what
// `<state>/status.json` shows.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "compose/fleet.hpp"

namespace orderflow::compose {

// Begins each line on standard error that says why the supervisor ends.
inline constexpr std::string_view kSupervisorSays = "orderflow-supervisor: ";

struct SupervisorOptions {
  FleetSettings fleet;
  // Stop when this process, our parent, dies; 0: never.
  pid_t parent = 0;
};

// Runs `<state>/table`. Returns the exit code: 0 stopped on request, 1 the start failed or another
// supervisor has the state folder, 2 wrong table. Once everything has been up, nothing but a signal
// ends it.
[[nodiscard]] int run_supervisor(SupervisorOptions options);

// Says why the program ends, in one line.
int complain(std::string_view what, int exit_code);

}  // namespace orderflow::compose
