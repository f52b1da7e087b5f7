// The processes of one instance and what becomes of each: started in order, kept alive, stopped in
// reverse. The supervisor's loop feeds it exits and the time; it never blocks and never waits.
// One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compose/backoff.hpp"
#include "compose/log_file.hpp"
#include "compose/probe.hpp"
#include "compose/status.hpp"
#include "compose/table.hpp"

namespace orderflow::compose {

using Clock = std::chrono::steady_clock;

struct FleetSettings {
  std::filesystem::path state_dir;
  // How long an entry may take to become ready, or a oneshot to succeed, before the start fails.
  std::chrono::seconds start_deadline{120};
  // How long a process may take to stop before its death signal, and after that before SIGKILL.
  std::chrono::seconds stop_deadline{15};
  std::chrono::seconds death_deadline{5};
  int oneshot_attempts_max = 6;
  std::uintmax_t log_bytes_max = std::uintmax_t{32} << 20;
  BackoffPolicy backoff;
};

class Fleet {
 public:
  // Opens the logs; throws std::system_error when the state folder cannot be written.
  Fleet(std::vector<Entry> entries, FleetSettings settings);

  // Does what is due at `now`: starts, ready checks, restarts, signals, log rotation.
  void tick(Clock::time_point now);

  // A child ended; one that is not ours (an adopted orphan) is ignored.
  void on_exit(pid_t pid, int wait_status, Clock::time_point now);

  // Begins the orderly stop; a second call changes nothing.
  void stop();
  // Patience is over: every process still there gets its death signal.
  void hurry();

  // True while something is due within milliseconds rather than seconds.
  [[nodiscard]] bool in_transition() const;
  // Every process has ended and the stop was asked for, or the start failed.
  [[nodiscard]] bool finished() const;
  [[nodiscard]] bool failed() const { return !error_.empty(); }
  [[nodiscard]] const std::string& error() const { return error_; }

  // Writes status.json when something changed since the last call.
  void publish();

 private:
  struct Role {
    Role(Entry described, LogFile output, const BackoffPolicy& policy);

    Entry entry;
    LogFile log;
    RoleStatus status;
    Backoff backoff;
    std::unique_ptr<Probe> probe;
    std::string problem;  // of the last ready check or exit, for the message of a failed start
    bool was_ready = false;
    int attempts = 0;
    Clock::time_point first_launched;
    Clock::time_point launched;
    Clock::time_point due;  // next probe while starting, next launch while in backoff
    bool asked_to_stop = false;
    bool death_sent = false;
    Clock::time_point patience_ends;
  };

  void start_step(Clock::time_point now);
  void role_step(Role& role, Clock::time_point now);
  void probe_step(Role& role, Clock::time_point now);
  void stop_step(Clock::time_point now);
  void launch(Role& role, Clock::time_point now);
  void on_oneshot_exit(Role& role, const std::string& how, bool permanent, Clock::time_point now);
  void on_daemon_exit(Role& role, const std::string& how, bool permanent, Clock::time_point now);
  void back_off(Role& role, const std::string& how, Clock::time_point now);
  void fail(Role& role, const std::string& why);
  void set_state(Role& role, RoleState state);
  void rotate_logs(Clock::time_point now);
  [[nodiscard]] std::size_t kill_orphans() const;
  [[nodiscard]] bool all_ready() const;
  [[nodiscard]] bool any_alive() const;

  FleetSettings settings_;
  std::vector<Role> roles_;
  std::size_t started_ = 0;  // roles_[0 .. started_) have been launched once
  Phase phase_ = Phase::kStarting;
  WallClock::time_point since_ = WallClock::now();
  Clock::time_point next_rotation_;
  std::string error_;
  bool hurried_ = false;
  bool changed_ = true;
};

}  // namespace orderflow::compose
