#include "compose/supervisor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <thread>
#include <tl/expected.hpp>
#include <utility>

#include "compose/child.hpp"
#include "compose/fleet.hpp"
#include "compose/table.hpp"

namespace orderflow::compose {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr std::chrono::milliseconds kTickBusy{10};
constexpr std::chrono::milliseconds kTickIdle{1'000};
constexpr std::chrono::milliseconds kLockWaitMax{2'000};
constexpr std::uintmax_t kTableBytesMax = 256 * 1024;

constexpr std::string_view kUsage =
    "usage: orderflow supervise --table FILE --state-dir DIR [--start-deadline SECONDS] "
    "[--stop-deadline SECONDS] [--oneshot-attempts N] [--log-bytes BYTES] [--parent PID]";

struct Options {
  std::filesystem::path table;
  FleetSettings fleet;
  pid_t parent = 0;  // stop when this process, our parent, dies
};

int complain(std::string_view what, int exit_code) {
  std::fprintf(stderr, "orderflow supervise: %.*s\n", static_cast<int>(what.size()), what.data());
  return exit_code;
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end && number > 0;
}

bool parse_seconds(std::string_view text, std::chrono::seconds& seconds) {
  constexpr int kSecondsMax = 24 * 3'600;
  int number = 0;
  if (!parse_number(text, number) || number > kSecondsMax) return false;
  seconds = std::chrono::seconds(number);
  return true;
}

bool set_option(Options& options, std::string_view name, const std::string& value) {
  if (name == "--table") {
    options.table = value;
    return !value.empty();
  }
  if (name == "--state-dir") {
    options.fleet.state_dir = value;
    return !value.empty();
  }
  if (name == "--start-deadline") return parse_seconds(value, options.fleet.start_deadline);
  if (name == "--stop-deadline") return parse_seconds(value, options.fleet.stop_deadline);
  if (name == "--oneshot-attempts") {
    return parse_number(value, options.fleet.oneshot_attempts_max);
  }
  if (name == "--log-bytes") return parse_number(value, options.fleet.log_bytes_max);
  if (name == "--parent") return parse_number(value, options.parent);
  return false;
}

tl::expected<Options, std::string> parse_options(std::span<const std::string> args) {
  Options options;
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto equals = args[i].find('=');
    const std::string name = args[i].substr(0, equals);
    const bool inline_value = equals != std::string::npos;
    if (!inline_value && i + 1 == args.size()) return tl::unexpected(name + " needs a value");
    const std::string value = inline_value ? args[i].substr(equals + 1) : args[++i];
    if (!set_option(options, name, value)) {
      return tl::unexpected("cannot use " + name + " '" + value + "'");
    }
  }
  if (options.table.empty() || options.fleet.state_dir.empty()) {
    return tl::unexpected(std::string("--table and --state-dir are required"));
  }
  return options;
}

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

// Held as long as this process lives, and by nobody it starts; the file names the holder.
tl::expected<int, std::string> take_lock(const std::filesystem::path& state_dir) {
  const auto path = state_dir / "supervisor.lock";
  const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return tl::unexpected(path.string() + ": " + std::strerror(errno));
  // Whoever looks whether an instance runs holds the lock for a moment.
  const auto give_up_at = Clock::now() + kLockWaitMax;
  while (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (Clock::now() >= give_up_at) {
      ::close(lock);
      return tl::unexpected("another supervisor already runs in " + state_dir.string());
    }
    std::this_thread::sleep_for(kTickBusy);
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) != 0 ||
      ::write(lock, pid.data(), pid.size()) != static_cast<ssize_t>(pid.size())) {
    return tl::unexpected(path.string() + ": " + std::strerror(errno));
  }
  return lock;
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
      fleet.hurry();
    } else {
      fleet.stop();
    }
  }
}

int watch(Fleet& fleet, int signal_fd) {
  int interrupts = 0;
  while (true) {
    fleet.tick(Clock::now());
    fleet.publish();
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

int supervise(Options options, std::vector<Entry> entries) {
  auto& state_dir = options.fleet.state_dir;
  std::filesystem::create_directories(state_dir);
  state_dir = std::filesystem::canonical(state_dir);
  const auto lock = take_lock(state_dir);
  if (!lock) return complain(lock.error(), kExitFailed);
  const int signal_fd = open_signals();
  if (signal_fd < 0) return complain(std::string("signalfd: ") + std::strerror(errno), kExitFailed);
  if (options.parent != 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != options.parent) return complain("its parent is gone", kExitFailed);
  }
  adopt_orphans();
  Fleet fleet(std::move(entries), options.fleet);
  const int exit_code = watch(fleet, signal_fd);
  ::close(signal_fd);
  ::close(*lock);
  return exit_code;
}

}  // namespace

int run_supervisor(std::span<const std::string> args) {
  // Descriptors inherited by accident would keep a caller's pipe open for the instance's lifetime.
  ::closefrom(STDERR_FILENO + 1);
  auto options = parse_options(args);
  if (!options) return complain(options.error() + "; " + std::string(kUsage), kExitUsage);
  auto entries = read_table(options->table);
  if (!entries) return complain(entries.error(), kExitUsage);
  try {
    return supervise(*std::move(options), *std::move(entries));
  } catch (const std::exception& error) {
    return complain(error.what(), kExitFailed);
  }
}

}  // namespace orderflow::compose
