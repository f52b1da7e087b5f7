// What the supervisor tells the outside: `<state>/status.json`, replaced atomically on every
// change, so that a reader never sees half of it. One line a process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/values/time.hpp"

namespace orderflow::compose {

enum class ProcessState { kStopped, kStarting, kRunning, kBackoff, kDone };
enum class Phase { kStarting, kUp, kStopping, kStopped, kFailed };

struct ProcessStatus {
  std::string name;
  ProcessState state = ProcessState::kStopped;
  pid_t pid = 0;           // 0: no process
  std::uint16_t port = 0;  // 0: none
  int restarts = 0;
  core::Time since;
};

struct Status {
  Phase phase = Phase::kStarting;
  pid_t supervisor_pid = 0;  // 0: it has ended
  core::Time since;
  std::string failed;  // the process that made the start fail; else empty
  std::string error;   // and why
  std::vector<ProcessStatus> processes;
};

[[nodiscard]] std::string to_json(const Status& status);

// Nothing when the text is not what to_json() writes.
[[nodiscard]] std::optional<Status> parse_status(std::string_view text);

// For people: the phase unless all is up, and a line a process.
[[nodiscard]] std::string to_lines(const Status& status);

// HOST:PORT of each process that serves metrics, as Prometheus reads it (file_sd_configs).
[[nodiscard]] std::string to_targets(const std::vector<std::string>& addresses);

// Throws std::system_error when the folder cannot be written.
void write_atomically(const std::filesystem::path& file, std::string_view text);

}  // namespace orderflow::compose
