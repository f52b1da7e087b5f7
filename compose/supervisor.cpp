#include "compose/supervisor.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "compose/launch.hpp"
#include "compose/lock.hpp"
#include "compose/table.hpp"

namespace orderflow::compose {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr std::chrono::milliseconds kTickBusy{10};
constexpr std::chrono::milliseconds kTickIdle{1'000};
constexpr std::uintmax_t kTableBytesMax = 256 * 1024;

tl::expected<std::vector<Entry>, std::string> read_table(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return tl::unexpected("cannot read the table " + path.string());
  if (size > kTableBytesMax) return tl::unexpected("the table " + path.string() + " is too large");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return parse_table(text).map_error(
      [&path](const std::string& why) { return "the table " + path.string() + ", " + why; });
}

int open_signals() {
  sigset_t wanted;
  ::sigemptyset(&wanted);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&wanted, signal);
  ::sigprocmask(SIG_BLOCK, &wanted, nullptr);
  // A background shell job starts with SIGINT ignored, and what is ignored is never delivered.
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::signal(signal, SIG_DFL);
  ::signal(SIGPIPE, SIG_IGN);
  return ::signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
}

void reap(Fleet& fleet) {
  int wait_status = 0;
  while (true) {
    const pid_t pid = ::waitpid(-1, &wait_status, WNOHANG);
    if (pid <= 0) return;
    fleet.on_exit(pid, wait_status, Clock::now());
  }
}

void read_signals(int signal_fd, Fleet& fleet, int& interrupts) {
  signalfd_siginfo info{};
  while (::read(signal_fd, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD) continue;
    // The second Ctrl-C says that the first one takes too long.
    if (info.ssi_signo == SIGINT && ++interrupts > 1) {
      fleet.stop_at_once();
    } else {
      fleet.stop();
    }
  }
}

int run_until_finished(Fleet& fleet, int signal_fd) {
  int interrupts = 0;
  while (true) {
    fleet.tick(Clock::now());
    fleet.write_status();
    if (fleet.finished()) break;
    pollfd wait{signal_fd, POLLIN, 0};
    const auto pause = fleet.in_transition() ? kTickBusy : kTickIdle;
    ::poll(&wait, 1, static_cast<int>(pause.count()));
    read_signals(signal_fd, fleet, interrupts);
    reap(fleet);
  }
  if (fleet.failed()) return complain(fleet.error(), kExitFailed);
  return 0;
}

int supervise(SupervisorOptions& options, std::vector<Entry> entries) {
  const auto lock = SupervisorLock::take(options.fleet.state_dir);
  if (!lock) return complain(lock.error(), kExitFailed);
  const int signal_fd = open_signals();
  if (signal_fd < 0) return complain(std::string("signalfd: ") + std::strerror(errno), kExitFailed);
  if (options.parent != 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != options.parent) return complain("its parent is gone", kExitFailed);
  }
  become_subreaper();
  Fleet fleet(std::move(entries), options.fleet);
  const int exit_code = run_until_finished(fleet, signal_fd);
  ::close(signal_fd);
  return exit_code;
}

}  // namespace

int complain(std::string_view what, int exit_code) {
  std::fprintf(stderr, "%.*s%.*s\n", static_cast<int>(kSupervisorSays.size()),
               kSupervisorSays.data(), static_cast<int>(what.size()), what.data());
  return exit_code;
}

int run_supervisor(SupervisorOptions options) {
  // Descriptors inherited by accident would keep a caller's pipe open for the instance's lifetime.
  ::closefrom(STDERR_FILENO + 1);
  try {
    auto& state_dir = options.fleet.state_dir;
    std::filesystem::create_directories(state_dir);
    state_dir = std::filesystem::canonical(state_dir);
    auto entries = read_table(state_dir / "table");
    if (!entries) return complain(entries.error(), kExitUsage);
    return supervise(options, *std::move(entries));
  } catch (const std::exception& error) {
    return complain(error.what(), kExitFailed);
  }
}

}  // namespace orderflow::compose
