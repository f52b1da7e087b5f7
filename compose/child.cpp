#include "compose/child.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "core/values/number.hpp"

namespace orderflow::compose {
namespace {

// Everything the new process needs, resolved before the fork.
struct Launch {
  const Entry* entry;
  const passwd* account;  // nullptr: stay who we are
  pid_t supervisor;
  int log_fd;
  std::vector<char*> arguments;
};

[[noreturn]] void give_up(const char* what) {
  // Standard error is the entry's log by now.
  ::dprintf(STDERR_FILENO, "supervisor: %s: %s\n", what, std::strerror(errno));
  ::_exit(127);
}

void restore_signals() {
  // A background shell job ignores SIGINT, and the supervisor blocks what it reads by signalfd;
  // the program must see neither.
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void become(const passwd& account) {
  if (::initgroups(account.pw_name, account.pw_gid) != 0) give_up("initgroups");
  if (::setgid(account.pw_gid) != 0) give_up("setgid");
  if (::setuid(account.pw_uid) != 0) give_up("setuid");
  ::setenv("HOME", account.pw_dir, 1);
  ::setenv("USER", account.pw_name, 1);
  ::setenv("LOGNAME", account.pw_name, 1);
  // The current folder may be one that this account cannot enter.
  if (::chdir("/") != 0) give_up("chdir /");
}

[[noreturn]] void run_child(const Launch& launch) {
  ::setpgid(0, 0);
  const int null_fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null_fd, STDIN_FILENO);
  ::dup2(launch.log_fd, STDOUT_FILENO);
  ::dup2(launch.log_fd, STDERR_FILENO);
  if (launch.account != nullptr) become(*launch.account);
  // A change of user clears the death signal, so it comes after; and the supervisor may have died
  // before it was armed.
  if (::prctl(PR_SET_PDEATHSIG, launch.entry->death_signal) != 0) give_up("PR_SET_PDEATHSIG");
  if (::getppid() != launch.supervisor) ::_exit(127);
  restore_signals();
  ::closefrom(STDERR_FILENO + 1);
  ::execvp(launch.arguments.front(), launch.arguments.data());
  give_up(launch.arguments.front());
}

pid_t parent_of(const char* pid) {
  std::ifstream file("/proc/" + std::string(pid) + "/stat");
  std::stringstream text;
  text << file.rdbuf();
  // The command name is in parentheses and may contain anything, so fields count from the last one.
  const std::string stat = text.str();
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) return -1;
  std::istringstream fields(stat.substr(name_end + 1));
  char state = 0;
  pid_t parent = -1;
  fields >> state >> parent;
  return fields ? parent : -1;
}

}  // namespace

tl::expected<pid_t, std::string> spawn(const Entry& entry, int log_fd) {
  Launch launch{&entry, nullptr, ::getpid(), log_fd, {}};
  if (!entry.user.empty()) {
    launch.account = ::getpwnam(entry.user.c_str());
    if (launch.account == nullptr) {
      return tl::unexpected("the account '" + entry.user + "' does not exist");
    }
    if (launch.account->pw_uid == ::geteuid()) launch.account = nullptr;
  }
  if (launch.account != nullptr && ::geteuid() != 0) {
    return tl::unexpected("only root can start a process as '" + entry.user + "'");
  }
  for (const std::string& argument : entry.command) {
    launch.arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  launch.arguments.push_back(nullptr);

  const pid_t pid = ::fork();
  if (pid < 0) return tl::unexpected(std::string("fork: ") + std::strerror(errno));
  if (pid == 0) run_child(launch);
  // Both sides set the group, so that it exists whichever of them runs first.
  ::setpgid(pid, pid);
  return pid;
}

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

std::vector<pid_t> list_children() {
  std::vector<pid_t> children;
  DIR* processes = ::opendir("/proc");
  if (processes == nullptr) return children;
  const pid_t self = ::getpid();
  while (const dirent* item = ::readdir(processes)) {
    const auto pid = core::parse_number<pid_t>(item->d_name);
    if (pid && parent_of(item->d_name) == self) children.push_back(*pid);
  }
  ::closedir(processes);
  return children;
}

}  // namespace orderflow::compose
