// The processes of one instance and what becomes of each: started in order, kept alive, stopped in
// reverse. A oneshot parts those before it from those after it: daemons between two of them need
// nothing of each other and stop together. The supervisor's loop feeds it exits and the time; it
// never blocks and never waits. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compose/log_file.hpp"
#include "compose/probe.hpp"
#include "compose/restart_backoff.hpp"
#include "compose/status.hpp"
#include "compose/table.hpp"
#include "core/values/time.hpp"

namespace orderflow::compose {

using Clock = std::chrono::steady_clock;

struct FleetSettings {
  std::filesystem::path state_dir;
  // What carries out launches (compose/launch.hpp): by default the running program itself, also
  // when its file was replaced by a newer build meanwhile.
  std::filesystem::path launcher = "/proc/self/exe";
  // How long an entry may take to become ready, or a oneshot to succeed, before the start fails.
  std::chrono::seconds start_deadline{120};
  // From the request to stop on: when those that need others get their death signal, when those
  // that are needed get it, and how long after it SIGKILL follows. `down` has 15 s for all of it.
  std::chrono::seconds stop_deadline{8};
  std::chrono::seconds last_stop_deadline{12};
  std::chrono::seconds death_deadline{1};
  int oneshot_attempts_max = 6;
  std::uintmax_t log_bytes_max = std::uintmax_t{32} << 20;
  RestartPolicy restart;
};

class Fleet {
 public:
  // Opens the logs; throws std::system_error when the state folder cannot be written.
  Fleet(std::vector<Entry> entries, FleetSettings settings);

  // Does what is due at `now`: starts, ready checks, restarts, signals, log rotation.
  void tick(Clock::time_point now);

  // A child ended; one that is not ours (an orphan of a dead process) is ignored.
  void on_exit(pid_t pid, int wait_status, Clock::time_point now);

  // Begins the orderly stop; a second call changes nothing.
  void stop();
  // Waits no longer: every process still there gets its death signal.
  void stop_at_once();

  // True while something is due within milliseconds rather than seconds.
  [[nodiscard]] bool in_transition() const;
  // Every process has ended and the stop was asked for, or the start failed.
  [[nodiscard]] bool finished() const;
  [[nodiscard]] bool failed() const { return !error_.empty(); }
  [[nodiscard]] const std::string& error() const { return error_; }

  // Writes status.json when something changed since the last call. tick() keeps targets.json, which
  // names those who serve metrics: its own processes and those that have joined them.
  void write_status();

 private:
  struct Process {
    Process(Entry described, LogFile output, const RestartPolicy& policy);

    Entry entry;
    int stage = 0;
    LogFile log;
    ProcessStatus status;
    RestartBackoff backoff;
    std::unique_ptr<Probe> probe;
    std::string problem;  // of the last ready check or exit, for the message of a failed start
    bool was_ready = false;
    int attempts = 0;
    Clock::time_point first_launched;
    Clock::time_point launched;
    Clock::time_point due;  // next probe while starting, next launch while in backoff
    bool asked_to_stop = false;
    bool death_sent = false;
    Clock::time_point kill_at;  // once its death signal was sent
  };

  void start_step(Clock::time_point now);
  void process_step(Process& process, Clock::time_point now);
  void probe_step(Process& process, Clock::time_point now);
  void stop_step(Clock::time_point now);
  void stop_process(Process& process, Clock::time_point death_at, Clock::time_point now);
  void launch(Process& process, Clock::time_point now);
  void on_oneshot_exit(Process& process, const std::string& how, bool permanent,
                       Clock::time_point now);
  void on_daemon_exit(Process& process, const std::string& how, bool permanent,
                      Clock::time_point now);
  void back_off(Process& process, const std::string& how, Clock::time_point now);
  void fail(Process& process, const std::string& why);
  void set_state(Process& process, ProcessState state);
  void write_targets();
  void write_file(const char* name, std::string_view text);
  [[nodiscard]] std::size_t kill_orphans() const;
  [[nodiscard]] bool all_ready() const;
  [[nodiscard]] bool any_alive() const;

  FleetSettings settings_;
  std::vector<Process> processes_;
  std::size_t started_ = 0;  // processes_[0 .. started_) have been launched once
  Phase phase_ = Phase::kStarting;
  core::Time since_ = core::process_now();
  Clock::time_point next_housekeeping_;
  std::string targets_;  // as written
  std::string failed_;   // the name of the process that made the start fail
  std::string error_;
  std::optional<Clock::time_point> stop_began_;
  bool at_once_ = false;
  bool changed_ = true;
};

}  // namespace orderflow::compose
