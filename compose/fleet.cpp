#include "compose/fleet.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <utility>

#include "compose/joined.hpp"
#include "compose/launch.hpp"
#include "compose/port.hpp"
#include "compose/proc.hpp"
#include "core/values/ip_address.hpp"

namespace orderflow::compose {
namespace {

constexpr std::chrono::milliseconds kProbeEveryMin{50};
constexpr std::chrono::milliseconds kProbeEveryMax{500};
constexpr std::chrono::seconds kOrphanWaitMax{5};
constexpr std::chrono::seconds kHousekeepingEvery{2};

// Exit codes that no restart mends: wrong configuration (2), program that cannot be run (126, 127).
constexpr bool is_permanent(int exit_code) {
  return exit_code == 2 || exit_code == 126 || exit_code == 127;
}

std::string describe(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    return "ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
  }
  return "ended with exit code " + std::to_string(WEXITSTATUS(wait_status));
}

std::string seconds_text(Clock::duration duration) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", std::chrono::duration<double>(duration).count());
  return text;
}

// Whether somebody else has the port of a process that is not running.
bool lost_its_port(const ReadyCheck& ready) {
  return ready.kind != ReadyCheck::Kind::kNone && is_port_taken(ready.host, ready.port);
}

// What happens to the instance, for `log/supervisor.log` and the terminal of `up`.
void log(std::string_view name, std::string_view what) {
  std::printf("%s %.*s %.*s\n", core::to_rfc3339(core::process_now()).c_str(),
              static_cast<int>(name.size()), name.data(), static_cast<int>(what.size()),
              what.data());
  std::fflush(stdout);
}

}  // namespace

Fleet::Process::Process(Entry described, LogFile output, const RestartPolicy& policy)
    : entry(std::move(described)), log(std::move(output)), backoff(policy) {
  status.name = entry.name;
  status.port = entry.ready.port;
  status.since = core::process_now();
}

Fleet::Fleet(std::vector<Entry> entries, FleetSettings settings) : settings_(std::move(settings)) {
  processes_.reserve(entries.size());
  int stage = 0;
  for (Entry& entry : entries) {
    const bool oneshot = entry.kind == EntryKind::kOneshot;
    LogFile log(settings_.state_dir / "log" / (entry.name + ".log"));
    processes_.emplace_back(std::move(entry), std::move(log), settings_.restart);
    if (oneshot) ++stage;
    processes_.back().stage = stage;
    if (oneshot) ++stage;
  }
}

void Fleet::tick(Clock::time_point now) {
  if (now >= next_housekeeping_) {
    next_housekeeping_ = now + kHousekeepingEvery;
    for (Process& process : processes_) process.log.rotate_above(settings_.log_bytes_max);
    write_targets();
  }
  if (phase_ == Phase::kStarting || phase_ == Phase::kUp) {
    start_step(now);
  } else {
    stop_step(now);
  }
}

void Fleet::start_step(Clock::time_point now) {
  for (std::size_t i = 0; i < started_ && !failed(); ++i) process_step(processes_[i], now);
  if (failed()) return;
  if (started_ < processes_.size() && (started_ == 0 || processes_[started_ - 1].was_ready)) {
    Process& next = processes_[started_++];
    next.first_launched = now;
    launch(next, now);
  }
  if (phase_ == Phase::kStarting && all_ready()) {
    phase_ = Phase::kUp;
    changed_ = true;
    log("supervisor", "everything is up");
  }
}

void Fleet::process_step(Process& process, Clock::time_point now) {
  if (process.status.state == ProcessState::kBackoff && now >= process.due) launch(process, now);
  if (process.status.state == ProcessState::kStarting) probe_step(process, now);
  if (!process.was_ready && !failed() && now - process.first_launched >= settings_.start_deadline) {
    const std::string why = process.problem.empty() ? "" : ": " + process.problem;
    fail(process, "was not ready within " + seconds_text(settings_.start_deadline) + why);
  }
}

void Fleet::probe_step(Process& process, Clock::time_point now) {
  if (process.probe == nullptr) {
    if (now < process.due) return;
    process.probe = std::make_unique<Probe>(process.entry.ready);
  }
  const Probe::Result result = process.probe->step(now);
  if (result == Probe::Result::kPending) return;
  if (result == Probe::Result::kReady) {
    process.was_ready = true;
    process.problem.clear();
    set_state(process, ProcessState::kRunning);
    log(process.entry.name, "is ready, pid " + std::to_string(process.status.pid) + " (" +
                                seconds_text(now - process.launched) + ")");
  } else {
    process.problem = process.probe->problem();
  }
  process.probe.reset();
  // Seldom for what takes long, since a server that is not ready may log every question.
  const Clock::duration tenth = (now - process.launched) / 10;
  process.due = now + std::clamp<Clock::duration>(tenth, kProbeEveryMin, kProbeEveryMax);
}

void Fleet::launch(Process& process, Clock::time_point now) {
  // What a dead process left running may still hold its files, port or shared memory.
  if (kill_orphans() > 0 && now - process.due < kOrphanWaitMax && process.attempts > 0) {
    set_state(process, ProcessState::kBackoff);
    return;
  }
  if (!process.was_ready && process.attempts > 0 && lost_its_port(process.entry.ready)) {
    const auto port = std::to_string(process.entry.ready.port);
    return fail(process, process.problem + ", and its port " + port + " is taken");
  }
  ++process.attempts;
  process.launched = now;
  process.due = now;
  process.asked_to_stop = false;
  process.death_sent = false;
  const auto pid = spawn(process.entry, process.log.descriptor(), settings_.launcher);
  if (!pid) {
    if (!process.was_ready) return fail(process, "cannot be started: " + pid.error());
    return back_off(process, "cannot be started: " + pid.error(), now);
  }
  if (process.attempts > 1) ++process.status.restarts;
  process.status.pid = *pid;
  const bool daemon = process.entry.kind == EntryKind::kDaemon;
  set_state(process, daemon ? ProcessState::kStarting : ProcessState::kRunning);
}

void Fleet::on_exit(pid_t pid, int wait_status, Clock::time_point now) {
  const auto process = std::find_if(processes_.begin(), processes_.end(),
                                    [pid](const Process& p) { return p.status.pid == pid; });
  if (process == processes_.end()) return;
  ::kill(-pid, SIGKILL);
  static_cast<void>(kill_orphans());
  process->status.pid = 0;
  process->probe.reset();

  const std::string how = describe(wait_status);
  if (phase_ != Phase::kStarting && phase_ != Phase::kUp) {
    set_state(*process, ProcessState::kStopped);
    log(process->entry.name, "stopped, " + how);
    return;
  }
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0 &&
      process->entry.kind == EntryKind::kOneshot) {
    process->was_ready = true;
    set_state(*process, ProcessState::kDone);
    log(process->entry.name, "is done (" + seconds_text(now - process->launched) + ")");
    return;
  }
  const bool permanent = WIFEXITED(wait_status) && is_permanent(WEXITSTATUS(wait_status));
  if (process->entry.kind == EntryKind::kOneshot) {
    on_oneshot_exit(*process, how, permanent, now);
  } else {
    on_daemon_exit(*process, how, permanent, now);
  }
}

void Fleet::on_oneshot_exit(Process& process, const std::string& how, bool permanent,
                            Clock::time_point now) {
  if (permanent || process.attempts >= settings_.oneshot_attempts_max) {
    fail(process, how + " (attempt " + std::to_string(process.attempts) + ")");
  } else {
    back_off(process, how, now);
  }
}

void Fleet::on_daemon_exit(Process& process, const std::string& how, bool permanent,
                           Clock::time_point now) {
  // Once it has worked, even such an exit may pass, e.g. while the program is being rebuilt.
  if (permanent && !process.was_ready) {
    fail(process, how);
  } else {
    back_off(process, how, now);
  }
}

void Fleet::back_off(Process& process, const std::string& how, Clock::time_point now) {
  const auto lived = std::chrono::duration_cast<core::Duration>(now - process.launched);
  const auto pause = process.backoff.next_pause(lived);
  process.due = now + pause;
  process.problem = how;
  set_state(process, ProcessState::kBackoff);
  log(process.entry.name, how + ", starts again in " + seconds_text(pause));
}

void Fleet::fail(Process& process, const std::string& why) {
  if (process.status.pid == 0) set_state(process, ProcessState::kStopped);
  failed_ = process.entry.name;
  error_ = process.entry.name + " " + why + "; its log: " + process.log.path().string();
  log(process.entry.name, why);
  stop();
}

void Fleet::stop() {
  if (phase_ != Phase::kStarting && phase_ != Phase::kUp) return;
  phase_ = Phase::kStopping;
  changed_ = true;
  for (Process& process : processes_) {
    process.probe.reset();
    if (process.status.state == ProcessState::kBackoff) set_state(process, ProcessState::kStopped);
  }
  log("supervisor", "stops everything");
}

void Fleet::stop_at_once() {
  stop();
  at_once_ = true;
}

// The last stage first: whoever needs another is gone before it.
void Fleet::stop_step(Clock::time_point now) {
  if (!stop_began_) stop_began_ = now;
  int last = -1;
  int first = -1;
  for (const Process& process : processes_) {
    if (process.status.pid == 0) continue;
    last = process.stage;
    if (first < 0) first = process.stage;
  }
  if (last < 0) {
    if (phase_ != Phase::kStopping || kill_orphans() > 0) return;
    phase_ = failed() ? Phase::kFailed : Phase::kStopped;
    changed_ = true;
    return;
  }
  const auto deadline = last == first ? settings_.last_stop_deadline : settings_.stop_deadline;
  for (Process& process : processes_) {
    const bool stops = process.stage == last && process.status.pid != 0;
    if (stops) stop_process(process, *stop_began_ + deadline, now);
  }
}

void Fleet::stop_process(Process& process, Clock::time_point death_at, Clock::time_point now) {
  if (!process.asked_to_stop) {
    process.asked_to_stop = true;
    ::kill(process.status.pid, process.entry.stop_signal);
    // A process that was paused hears nothing before it goes on.
    ::kill(process.status.pid, SIGCONT);
  }
  if (!process.death_sent && (at_once_ || now >= death_at)) {
    process.death_sent = true;
    process.kill_at = now + settings_.death_deadline;
    log(process.entry.name, "does not stop, gets its death signal");
    ::kill(process.status.pid, process.entry.death_signal);
  }
  if (process.death_sent && now >= process.kill_at) ::kill(-process.status.pid, SIGKILL);
}

void Fleet::set_state(Process& process, ProcessState state) {
  if (process.status.state != state) process.status.since = core::process_now();
  process.status.state = state;
  changed_ = true;
}

void Fleet::write_targets() {
  std::vector<std::string> addresses;
  std::string host;
  for (const Process& process : processes_) {
    const ReadyCheck& ready = process.entry.ready;
    if (ready.kind != ReadyCheck::Kind::kHttp) continue;
    host = core::url_host(ready.host) + ":";
    addresses.push_back(host + std::to_string(ready.port));
  }
  if (addresses.empty()) return;
  for (const ProcessStatus& joined : joined_processes(settings_.state_dir)) {
    addresses.push_back(host + std::to_string(joined.port));
  }
  auto text = to_targets(addresses);
  if (text == targets_) return;
  targets_ = std::move(text);
  write_file("targets.json", targets_);
}

// A child that is no entry's process was left behind by a dead one and came to us
// (become_subreaper).
std::size_t Fleet::kill_orphans() const {
  std::size_t orphans = 0;
  for (const pid_t child : list_children()) {
    const bool ours =
        std::any_of(processes_.begin(), processes_.end(),
                    [child](const Process& process) { return process.status.pid == child; });
    if (ours) continue;
    ++orphans;
    ::kill(child, SIGKILL);
  }
  return orphans;
}

bool Fleet::all_ready() const {
  return started_ == processes_.size() &&
         std::all_of(processes_.begin(), processes_.end(),
                     [](const Process& process) { return process.was_ready; });
}

bool Fleet::any_alive() const {
  return std::any_of(processes_.begin(), processes_.end(),
                     [](const Process& process) { return process.status.pid != 0; });
}

bool Fleet::in_transition() const {
  return phase_ != Phase::kUp ||
         std::any_of(processes_.begin(), processes_.end(), [](const Process& process) {
           return process.status.state == ProcessState::kStarting ||
                  process.status.state == ProcessState::kBackoff;
         });
}

bool Fleet::finished() const {
  return (phase_ == Phase::kStopped || phase_ == Phase::kFailed) && !any_alive();
}

void Fleet::write_status() {
  if (!changed_) return;
  changed_ = false;
  Status status{phase_, ::getpid(), since_, failed_, error_, {}};
  for (const Process& process : processes_) status.processes.push_back(process.status);
  write_file("status.json", to_json(status));
}

void Fleet::write_file(const char* name, std::string_view text) {
  try {
    write_atomically(settings_.state_dir / name, text);
  } catch (const std::exception& error) {
    // A full disk must not end the instance: the processes matter more than their description.
    log("supervisor", "cannot write " + std::string(name) + ": " + error.what());
  }
}

}  // namespace orderflow::compose
