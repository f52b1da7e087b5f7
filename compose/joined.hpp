// Processes that a person starts beside those of the supervisor (`./orderflow payments`): each has
// a number of its role, `<state>/joined/<name>` locked as long as it lives, whatever ends it, and
// the port that follows from the number. One thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "compose/status.hpp"

namespace orderflow::compose {

// Becomes one more process of a role. The words are the state folder, the program, the HTTP port,
// the base of the metrics ports, whether that is the first process's (`first`) or already this
// one's (`own`), the role and what else the program is given. Returns only when that fails, with
// why.
[[nodiscard]] std::string join(std::span<const std::string> words);

// Those that live.
[[nodiscard]] std::vector<ProcessStatus> joined_processes(const std::filesystem::path& state_dir);

}  // namespace orderflow::compose
