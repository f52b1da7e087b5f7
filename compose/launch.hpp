// Starting a process so that it cannot outlive the supervisor. All functions are for the
// supervisor's only thread: Linux ties the death signal of a child to the thread that made it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "compose/table.hpp"

namespace orderflow::compose {

// Starts the entry in a process group of its own, both outputs appended to `log_fd`, no other
// descriptor and no signal setting inherited, as the entry's user, with the entry's death signal
// armed. An error is one line that says what to mend.
//
// By posix_spawn, which cannot change the user or arm a death signal: so it starts `launcher` (this
// program, see run_launcher), which does that and becomes the entry's command.
[[nodiscard]] tl::expected<pid_t, std::string> spawn(const Entry& entry, int log_fd,
                                                     const std::filesystem::path& launcher);

// The other side of spawn(): the word `launch` of the supervisor's program, with what spawn() wrote
// behind it. Becomes the command; returns an exit code only when that fails, said on standard
// error.
[[nodiscard]] int run_launcher(std::span<const std::string> words);

// From here on the orphans of dead children become children of this process (see list_children),
// e.g. the sessions of a PostgreSQL that was killed, which would hold its shared memory.
void become_subreaper();

}  // namespace orderflow::compose
