// Starting a process so that it cannot outlive the supervisor, and finding what a dead one left
// behind. All functions are for the supervisor's only thread: Linux ties the death signal of a
// child to the thread that forked it.
#pragma once

#include <sys/types.h>

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "compose/table.hpp"

namespace orderflow::compose {

// Starts the entry in a process group of its own, both outputs appended to `log_fd`, as the entry's
// user, with the entry's death signal armed. An error is one line that says what to mend.
[[nodiscard]] tl::expected<pid_t, std::string> spawn(const Entry& entry, int log_fd);

// From here on the orphans of dead children become children of this process (see list_children),
// e.g. the sessions of a PostgreSQL that was killed, which would hold its shared memory.
void adopt_orphans();

// Every process whose parent is this one.
[[nodiscard]] std::vector<pid_t> list_children();

}  // namespace orderflow::compose
