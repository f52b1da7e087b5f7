// Processes as /proc shows them. What ends while it is looked at is left out. Any thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace orderflow::compose {

// Every process whose parent is this one.
[[nodiscard]] std::vector<pid_t> list_children();

// The process and everything that descends from it; empty when it does not exist.
[[nodiscard]] std::vector<pid_t> list_family(pid_t pid);

// Exists and is more than a zombie that nobody has waited for.
[[nodiscard]] bool is_alive(pid_t pid);

// The account a process runs as, or "another user" when that is hidden.
[[nodiscard]] std::string owner_of(pid_t pid);

}  // namespace orderflow::compose
