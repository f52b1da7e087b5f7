// `orderflow supervise --table FILE --state-dir DIR`: the small init of a local instance. It starts
// the table's processes in order, waits until each is ready, restarts dead daemons with backoff,
// and stops them in reverse order on SIGTERM or SIGINT. None of its processes outlives it, even
// when it is killed itself. One thread, no state but what `<state>/status.json` shows.
//
// Fails: a table that cannot be read or a start that does not succeed ends with one line on
// standard error; once everything has been up, nothing but a signal ends it.
#pragma once

#include <span>
#include <string>

namespace orderflow::compose {

// `args` are the words after `supervise`. Returns the exit code: 0 stopped on request, 1 the start
// failed or another supervisor has the state folder, 2 wrong usage or table.
int run_supervisor(std::span<const std::string> args);

}  // namespace orderflow::compose
