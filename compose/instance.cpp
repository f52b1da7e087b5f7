#include "compose/instance.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "compose/lock.hpp"
#include "compose/proc.hpp"
#include "compose/supervisor.hpp"

namespace orderflow::compose {
namespace {

constexpr std::chrono::milliseconds kLookEvery{100};
constexpr std::chrono::seconds kLeftoversMax{3};
// The supervisor kills what does not stop within 13 s; past this it hangs itself.
constexpr std::chrono::seconds kStopMax{14};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The last line, or the last one that begins so, without its beginning; empty when there is none.
std::string last_line(const std::string& text, std::string_view beginning = {}) {
  std::string last;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    if (!line.empty() && line.starts_with(beginning)) last = line.substr(beginning.size());
    at = end + 1;
  }
  return last;
}

bool is_up(const ProcessStatus& process) {
  return process.state == ProcessState::kStarting || process.state == ProcessState::kRunning;
}

}  // namespace

std::string Instance::status_text() const { return read_file(state_dir_ / "status.json"); }

Status Instance::status() const { return parse_status(status_text()).value_or(Status{}); }

pid_t Instance::supervisor() const { return lock_holder(state_dir_); }

tl::expected<Status, Failure> Instance::wait_until_up(pid_t supervisor,
                                                      const Progress& progress) const {
  while (is_alive(supervisor)) {
    const Status now = status();
    // Until it has written its own, the file is that of an earlier one.
    if (now.supervisor_pid == supervisor) {
      if (now.phase == Phase::kUp) return now;
      std::string newest;
      for (const ProcessStatus& process : now.processes) {
        if (process.state != ProcessState::kStopped) newest = process.name;
      }
      progress(newest);
    }
    std::this_thread::sleep_for(kLookEvery);
  }
  return tl::unexpected(start_failure());
}

// The process that failed says the reason in its last line, or its log does.
Failure Instance::start_failure() const {
  const auto log_dir = state_dir_ / "log";
  const Status last = status();
  if (last.phase != Phase::kFailed || last.failed.empty()) {
    const auto log = log_dir / "supervisor.log";
    const auto why = last_line(read_file(log), kSupervisorSays);
    return {(why.empty() ? "the supervisor ended" : why) + "; nothing runs now", log};
  }
  const auto log = log_dir / (last.failed + ".log");
  const std::string text = read_file(log);
  constexpr std::string_view kProgramSays = "orderflow: ";
  if (const auto said = last_line(text); said.starts_with(kProgramSays)) {
    return {
        last.failed + ": " + said.substr(kProgramSays.size()) + ", then run ./orderflow up again",
        {}};
  }
  return {last.error + "; mend what the last lines above say, then run ./orderflow up again", log};
}

tl::expected<void, Failure> Instance::stop(pid_t supervisor, const Progress& progress) const {
  if (supervisor == 0) supervisor = this->supervisor();
  if (supervisor == 0) {
    await_leftovers();
    return {};
  }
  if (::kill(supervisor, SIGTERM) != 0 && is_alive(supervisor)) {
    return tl::unexpected(Failure{"the instance (pid " + std::to_string(supervisor) +
                                      ") belongs to " + owner_of(supervisor) +
                                      "; stop it as that user or as root",
                                  {}});
  }
  // One that was paused hears nothing before it goes on.
  ::kill(supervisor, SIGCONT);
  const auto give_up_at = std::chrono::steady_clock::now() + kStopMax;
  while (is_alive(supervisor)) {
    const Status now = status();
    const auto last = std::find_if(now.processes.rbegin(), now.processes.rend(), is_up);
    if (last != now.processes.rend()) progress("stopping, last is " + last->name);
    std::this_thread::sleep_for(kLookEvery);
    if (std::chrono::steady_clock::now() >= give_up_at) ::kill(supervisor, SIGKILL);
  }
  return {};
}

// Right after the supervisor was killed its processes are still on their way out.
void Instance::await_leftovers() const {
  const Status last = status();
  const auto give_up_at = std::chrono::steady_clock::now() + kLeftoversMax;
  while (std::chrono::steady_clock::now() < give_up_at &&
         std::any_of(last.processes.begin(), last.processes.end(), [](const auto& process) {
           return process.pid != 0 && is_alive(process.pid);
         })) {
    std::this_thread::sleep_for(kLookEvery);
  }
}

}  // namespace orderflow::compose
