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

#include "compose/child.hpp"

namespace orderflow::compose {
namespace {

constexpr std::chrono::milliseconds kProbeEveryMin{50};
constexpr std::chrono::milliseconds kProbeEveryMax{500};
constexpr std::chrono::seconds kOrphanWaitMax{5};
constexpr std::chrono::seconds kRotationEvery{2};

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

// The story of the instance, for `log/supervisor.log` and the terminal of `up`.
void tell(std::string_view name, std::string_view what) {
  std::printf("%s %.*s %.*s\n", rfc3339(WallClock::now()).c_str(), static_cast<int>(name.size()),
              name.data(), static_cast<int>(what.size()), what.data());
  std::fflush(stdout);
}

}  // namespace

Fleet::Role::Role(Entry described, LogFile output, const BackoffPolicy& policy)
    : entry(std::move(described)), log(std::move(output)), backoff(policy) {
  status.name = entry.name;
  status.port = entry.ready.port;
  status.since = WallClock::now();
}

Fleet::Fleet(std::vector<Entry> entries, FleetSettings settings) : settings_(std::move(settings)) {
  roles_.reserve(entries.size());
  for (Entry& entry : entries) {
    LogFile log(settings_.state_dir / "log" / (entry.name + ".log"));
    roles_.emplace_back(std::move(entry), std::move(log), settings_.backoff);
  }
}

void Fleet::tick(Clock::time_point now) {
  rotate_logs(now);
  if (phase_ == Phase::kStarting || phase_ == Phase::kUp) {
    start_step(now);
  } else {
    stop_step(now);
  }
}

void Fleet::start_step(Clock::time_point now) {
  for (std::size_t i = 0; i < started_ && !failed(); ++i) role_step(roles_[i], now);
  if (failed()) return;
  if (started_ < roles_.size() && (started_ == 0 || roles_[started_ - 1].was_ready)) {
    Role& next = roles_[started_++];
    next.first_launched = now;
    launch(next, now);
  }
  if (phase_ == Phase::kStarting && all_ready()) {
    phase_ = Phase::kUp;
    changed_ = true;
    tell("supervisor", "everything is up");
  }
}

void Fleet::role_step(Role& role, Clock::time_point now) {
  if (role.status.state == RoleState::kBackoff && now >= role.due) launch(role, now);
  if (role.status.state == RoleState::kStarting) probe_step(role, now);
  if (!role.was_ready && !failed() && now - role.first_launched >= settings_.start_deadline) {
    const std::string why = role.problem.empty() ? "" : ": " + role.problem;
    fail(role, "was not ready within " + seconds_text(settings_.start_deadline) + why);
  }
}

void Fleet::probe_step(Role& role, Clock::time_point now) {
  if (role.probe == nullptr) {
    if (now < role.due) return;
    role.probe = std::make_unique<Probe>(role.entry.ready);
  }
  const Probe::Result result = role.probe->step(now);
  if (result == Probe::Result::kPending) return;
  if (result == Probe::Result::kReady) {
    role.was_ready = true;
    role.problem.clear();
    set_state(role, RoleState::kRunning);
    tell(role.entry.name, "is ready, pid " + std::to_string(role.status.pid) + " (" +
                              seconds_text(now - role.launched) + ")");
  } else {
    role.problem = role.probe->problem();
  }
  role.probe.reset();
  // Seldom for what takes long, since a server that is not ready may log every question.
  const Clock::duration tenth = (now - role.launched) / 10;
  role.due = now + std::clamp<Clock::duration>(tenth, kProbeEveryMin, kProbeEveryMax);
}

void Fleet::launch(Role& role, Clock::time_point now) {
  // What a dead process left running may still hold its files, port or shared memory.
  if (kill_orphans() > 0 && now - role.due < kOrphanWaitMax && role.attempts > 0) {
    set_state(role, RoleState::kBackoff);
    return;
  }
  ++role.attempts;
  role.launched = now;
  role.due = now;
  role.asked_to_stop = false;
  role.death_sent = false;
  const auto pid = spawn(role.entry, role.log.descriptor());
  if (!pid) {
    if (!role.was_ready) return fail(role, "cannot be started: " + pid.error());
    return back_off(role, "cannot be started: " + pid.error(), now);
  }
  if (role.attempts > 1) ++role.status.restarts;
  role.status.pid = *pid;
  const bool daemon = role.entry.kind == EntryKind::kDaemon;
  set_state(role, daemon ? RoleState::kStarting : RoleState::kRunning);
}

void Fleet::on_exit(pid_t pid, int wait_status, Clock::time_point now) {
  const auto role = std::find_if(roles_.begin(), roles_.end(),
                                 [pid](const Role& r) { return r.status.pid == pid; });
  if (role == roles_.end()) return;
  ::kill(-pid, SIGKILL);
  static_cast<void>(kill_orphans());
  role->status.pid = 0;
  role->probe.reset();

  const std::string how = describe(wait_status);
  if (phase_ != Phase::kStarting && phase_ != Phase::kUp) {
    set_state(*role, RoleState::kStopped);
    tell(role->entry.name, "stopped, " + how);
    return;
  }
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0 &&
      role->entry.kind == EntryKind::kOneshot) {
    role->was_ready = true;
    set_state(*role, RoleState::kDone);
    tell(role->entry.name, "is done (" + seconds_text(now - role->launched) + ")");
    return;
  }
  const bool permanent = WIFEXITED(wait_status) && is_permanent(WEXITSTATUS(wait_status));
  if (role->entry.kind == EntryKind::kOneshot) {
    on_oneshot_exit(*role, how, permanent, now);
  } else {
    on_daemon_exit(*role, how, permanent, now);
  }
}

void Fleet::on_oneshot_exit(Role& role, const std::string& how, bool permanent,
                            Clock::time_point now) {
  if (permanent || role.attempts >= settings_.oneshot_attempts_max) {
    fail(role, how + " (attempt " + std::to_string(role.attempts) + ")");
  } else {
    back_off(role, how, now);
  }
}

void Fleet::on_daemon_exit(Role& role, const std::string& how, bool permanent,
                           Clock::time_point now) {
  // Once it has worked, even such an exit may pass, e.g. while the program is being rebuilt.
  if (permanent && !role.was_ready) {
    fail(role, how);
  } else {
    back_off(role, how, now);
  }
}

void Fleet::back_off(Role& role, const std::string& how, Clock::time_point now) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto pause = role.backoff.next_delay(duration_cast<milliseconds>(now - role.launched));
  role.due = now + pause;
  role.problem = how;
  set_state(role, RoleState::kBackoff);
  tell(role.entry.name, how + ", starts again in " + seconds_text(pause));
}

void Fleet::fail(Role& role, const std::string& why) {
  if (role.status.pid == 0) set_state(role, RoleState::kStopped);
  error_ = role.entry.name + " " + why + "; its log: " + role.log.path().string();
  tell(role.entry.name, why);
  stop();
}

void Fleet::stop() {
  if (phase_ != Phase::kStarting && phase_ != Phase::kUp) return;
  phase_ = Phase::kStopping;
  changed_ = true;
  for (Role& role : roles_) {
    role.probe.reset();
    if (role.status.state == RoleState::kBackoff) set_state(role, RoleState::kStopped);
  }
  tell("supervisor", "stops everything");
}

void Fleet::hurry() {
  stop();
  hurried_ = true;
}

// One process at a time, the last one first: whoever needs another is gone before it.
void Fleet::stop_step(Clock::time_point now) {
  const auto last = std::find_if(roles_.rbegin(), roles_.rend(),
                                 [](const Role& role) { return role.status.pid != 0; });
  if (last == roles_.rend()) {
    if (phase_ != Phase::kStopping || kill_orphans() > 0) return;
    phase_ = failed() ? Phase::kFailed : Phase::kStopped;
    changed_ = true;
    return;
  }
  if (!last->asked_to_stop) {
    last->asked_to_stop = true;
    last->patience_ends = now + settings_.stop_deadline;
    ::kill(last->status.pid, last->entry.stop_signal);
    // A process that was paused hears nothing before it goes on.
    ::kill(last->status.pid, SIGCONT);
  }
  if (!last->death_sent && (hurried_ || now >= last->patience_ends)) {
    last->death_sent = true;
    last->patience_ends = now + settings_.death_deadline;
    tell(last->entry.name, "does not stop, gets its death signal");
    ::kill(last->status.pid, last->entry.death_signal);
  }
  if (last->death_sent && now >= last->patience_ends) ::kill(-last->status.pid, SIGKILL);
}

void Fleet::set_state(Role& role, RoleState state) {
  if (role.status.state != state) role.status.since = WallClock::now();
  role.status.state = state;
  changed_ = true;
}

void Fleet::rotate_logs(Clock::time_point now) {
  if (now < next_rotation_) return;
  next_rotation_ = now + kRotationEvery;
  for (Role& role : roles_) role.log.rotate_above(settings_.log_bytes_max);
}

// A child that is no role's process was left behind by a dead one and came to us (adopt_orphans).
std::size_t Fleet::kill_orphans() const {
  std::size_t orphans = 0;
  for (const pid_t child : list_children()) {
    const bool ours = std::any_of(roles_.begin(), roles_.end(),
                                  [child](const Role& role) { return role.status.pid == child; });
    if (ours) continue;
    ++orphans;
    ::kill(child, SIGKILL);
  }
  return orphans;
}

bool Fleet::all_ready() const {
  return started_ == roles_.size() &&
         std::all_of(roles_.begin(), roles_.end(), [](const Role& role) { return role.was_ready; });
}

bool Fleet::any_alive() const {
  return std::any_of(roles_.begin(), roles_.end(),
                     [](const Role& role) { return role.status.pid != 0; });
}

bool Fleet::in_transition() const {
  return phase_ != Phase::kUp || std::any_of(roles_.begin(), roles_.end(), [](const Role& role) {
           return role.status.state == RoleState::kStarting ||
                  role.status.state == RoleState::kBackoff;
         });
}

bool Fleet::finished() const {
  return (phase_ == Phase::kStopped || phase_ == Phase::kFailed) && !any_alive();
}

void Fleet::publish() {
  if (!changed_) return;
  changed_ = false;
  Status status{phase_, ::getpid(), since_, error_, {}};
  for (const Role& role : roles_) status.roles.push_back(role.status);
  try {
    write_atomically(settings_.state_dir / "status.json", to_json(status));
  } catch (const std::exception& error) {
    // A full disk must not end the instance: the processes matter more than their description.
    tell("supervisor", std::string("cannot write status.json: ") + error.what());
  }
}

}  // namespace orderflow::compose
