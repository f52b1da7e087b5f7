#include "compose/launch.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <vector>

#include "core/values/number.hpp"

namespace orderflow::compose {
namespace {

constexpr int kCannotLaunch = 127;
// PID of the supervisor, death signal, user or "-", and the command.
constexpr std::size_t kWordsBeforeCommand = 3;

// What a child gets of descriptors and signals. A background shell job ignores SIGINT, and the
// supervisor blocks what it reads by signalfd; the program must see neither.
class SpawnSettings {
 public:
  explicit SpawnSettings(int log_fd) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files_, log_fd, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, log_fd, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* files() const { return &files_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

// What is wrong with the entry's user; empty when it can be started as that one.
std::string problem_of_user(const std::string& user) {
  if (user.empty()) return {};
  const passwd* account = ::getpwnam(user.c_str());
  if (account == nullptr) return "the account '" + user + "' does not exist";
  if (account->pw_uid != ::geteuid() && ::geteuid() != 0) {
    return "only root can start a process as '" + user + "'";
  }
  return {};
}

std::vector<char*> pointers_to(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

int give_up(const std::string& what) {
  // Standard error is the entry's log.
  std::fprintf(stderr, "orderflow-supervisor: %s: %s\n", what.c_str(), std::strerror(errno));
  return kCannotLaunch;
}

// Empty, or what could not be done; errno says why.
std::string become(const std::string& user) {
  const passwd* account = ::getpwnam(user.c_str());
  if (account == nullptr) return "the account " + user;
  if (account->pw_uid == ::geteuid()) return {};
  if (::initgroups(account->pw_name, account->pw_gid) != 0) return "initgroups";
  if (::setgid(account->pw_gid) != 0) return "setgid";
  if (::setuid(account->pw_uid) != 0) return "setuid";
  ::setenv("HOME", account->pw_dir, 1);
  ::setenv("USER", account->pw_name, 1);
  ::setenv("LOGNAME", account->pw_name, 1);
  // The current folder may be one that this account cannot enter.
  return ::chdir("/") == 0 ? "" : "chdir /";
}

}  // namespace

tl::expected<pid_t, std::string> spawn(const Entry& entry, int log_fd,
                                       const std::filesystem::path& launcher) {
  if (auto problem = problem_of_user(entry.user); !problem.empty()) {
    return tl::unexpected(std::move(problem));
  }
  std::vector<std::string> words{"orderflow-supervisor", "launch", std::to_string(::getpid()),
                                 std::to_string(entry.death_signal),
                                 entry.user.empty() ? "-" : entry.user};
  words.insert(words.end(), entry.command.begin(), entry.command.end());
  const SpawnSettings settings(log_fd);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, launcher.c_str(), settings.files(), settings.attributes(),
                                  pointers_to(words).data(), environ);
  if (error != 0) return tl::unexpected("posix_spawn: " + std::string(std::strerror(error)));
  return pid;
}

int run_launcher(std::span<const std::string> words) {
  const bool complete = words.size() > kWordsBeforeCommand;
  const auto supervisor = complete ? core::parse_number<pid_t>(words[0]) : std::nullopt;
  const auto death_signal = complete ? core::parse_number<int>(words[1]) : std::nullopt;
  if (!supervisor || !death_signal) {
    std::fputs("orderflow-supervisor: launch is for the supervisor itself\n", stderr);
    return kCannotLaunch;
  }
  if (words[2] != "-") {
    if (const auto failed = become(words[2]); !failed.empty()) return give_up(failed);
  }
  // A change of user clears the death signal, so it comes after; and the supervisor may have died
  // before it was armed.
  if (::prctl(PR_SET_PDEATHSIG, *death_signal) != 0) return give_up("PR_SET_PDEATHSIG");
  if (::getppid() != *supervisor) return kCannotLaunch;
  const auto command = words.subspan(kWordsBeforeCommand);
  const std::vector<std::string> arguments(command.begin(), command.end());
  ::execvp(arguments.front().c_str(), pointers_to(arguments).data());
  return give_up(arguments.front());
}

void become_subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

}  // namespace orderflow::compose
