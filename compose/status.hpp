// What the supervisor tells the outside: `<state>/status.json`, replaced atomically on every
// change, so that a reader never sees half of it. One line a role, which lets a shell read it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace orderflow::compose {

using WallClock = std::chrono::system_clock;

enum class RoleState { kStopped, kStarting, kRunning, kBackoff, kDone };
enum class Phase { kStarting, kUp, kStopping, kStopped, kFailed };

[[nodiscard]] std::string_view to_string(RoleState state);
[[nodiscard]] std::string_view to_string(Phase phase);

struct RoleStatus {
  std::string name;
  RoleState state = RoleState::kStopped;
  pid_t pid = 0;           // 0: no process
  std::uint16_t port = 0;  // 0: none
  int restarts = 0;
  WallClock::time_point since;
};

struct Status {
  Phase phase = Phase::kStarting;
  pid_t supervisor_pid = 0;
  WallClock::time_point since;
  std::string error;  // why the start failed, else empty
  std::vector<RoleStatus> roles;
};

// UTC with milliseconds, as everywhere in Orderflow.
[[nodiscard]] std::string rfc3339(WallClock::time_point time);

[[nodiscard]] std::string to_json(const Status& status);

// Throws std::system_error when the folder cannot be written.
void write_atomically(const std::filesystem::path& file, std::string_view text);

}  // namespace orderflow::compose
