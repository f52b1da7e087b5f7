#include "tests/support/process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <fstream>
#include <sstream>

namespace orderflow::testing {
namespace {

constexpr std::streamoff kTailBytes = 256 * 1024;

// The log of a long run is larger than what anyone wants to see of it.
std::string read_end(const std::filesystem::path& file, std::streamoff bytes) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  in.seekg(std::max<std::streamoff>(in.tellg() - bytes, 0));
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Everything the child needs, made before the fork: afterwards only async-signal-safe calls are
// allowed, since other threads of the test may have held any lock.
struct Launch {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::vector<std::string> texts;
  std::string folder;
  int log = -1;
  uid_t user = 0;
  gid_t group = 0;
  bool change_user = false;
  pid_t parent = 0;
};

[[noreturn]] void become(const Launch& launch) {
  for (int number = 1; number < NSIG; ++number) {
    if (number != SIGKILL && number != SIGSTOP) ::signal(number, SIG_DFL);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::dup2(launch.log, STDOUT_FILENO);
  ::dup2(launch.log, STDERR_FILENO);
  if (launch.change_user &&
      (::setgroups(0, nullptr) != 0 || ::setgid(launch.group) != 0 || ::setuid(launch.user) != 0)) {
    ::_exit(126);
  }
  // After setuid, which clears it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launch.parent) ::_exit(126);
  if (!launch.folder.empty() && ::chdir(launch.folder.c_str()) != 0) ::_exit(126);
  ::execvpe(launch.arguments[0], launch.arguments.data(), launch.environment.data());
  ::_exit(127);
}

}  // namespace

Process::Process(ProcessOptions options) : options_(std::move(options)) {
  Launch launch;
  for (auto& word : options_.command) launch.arguments.push_back(word.data());
  launch.arguments.push_back(nullptr);
  for (const auto& [name, value] : options_.environment) launch.texts.push_back(name + "=" + value);
  for (auto& text : launch.texts) launch.environment.push_back(text.data());
  launch.environment.push_back(nullptr);
  launch.folder = options_.folder.string();
  launch.parent = ::getpid();
  launch.log = ::open(options_.log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  if (launch.log < 0) FAIL("cannot write " << options_.log);
  if (!options_.user.empty()) {
    const passwd* account = ::getpwnam(options_.user.c_str());
    if (account == nullptr) FAIL("there is no user " << options_.user);
    launch.user = account->pw_uid;
    launch.group = account->pw_gid;
    launch.change_user = true;
  }
  pid_ = ::fork();
  if (pid_ == 0) become(launch);
  ::close(launch.log);
  if (pid_ < 0) FAIL("cannot fork");
}

Process::~Process() {
  if (exit_code_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool Process::reap() {
  if (exit_code_) return true;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

bool Process::running() { return !reap(); }

void Process::signal(int number) const {
  if (!exit_code_) ::kill(pid_, number);
}

void Process::kill() {
  signal(SIGKILL);
  (void)wait_exit();
}

int Process::terminate(Millis deadline) {
  signal(SIGTERM);
  return wait_exit(deadline);
}

void Process::freeze() {
  signal(SIGSTOP);
  wait_until(options_.name + " stops", [this] {
    const auto stat = read_text("/proc/" + std::to_string(pid_) + "/stat");
    const auto after_name = stat.rfind(')');
    return after_name != std::string::npos && stat.compare(after_name, 3, ") T") == 0;
  });
}

void Process::thaw() const { signal(SIGCONT); }

int Process::wait_exit(Millis deadline) {
  wait_until([this] { return options_.name + " does not end; its log:\n" + log_tail(); },
             [this] { return reap(); }, deadline);
  return *exit_code_;
}

std::string Process::log() const { return read_text(options_.log); }

std::string Process::log_tail(std::size_t lines) const {
  return last_lines(read_end(options_.log, kTailBytes), lines);
}

CommandResult run_command(const std::vector<std::string>& command, const Environment& environment,
                          const std::filesystem::path& folder, Millis deadline,
                          const std::string& user) {
  const TemporaryFolder scratch("command");
  Process process({command.front(), command, environment, scratch.path() / "output", folder, user});
  const int code = process.wait_exit(deadline);
  return {code, process.log()};
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string last_lines(const std::string& text, std::size_t lines) {
  std::size_t begin = text.size();
  for (std::size_t seen = 0; begin > 0; --begin) {
    if (text[begin - 1] == '\n' && begin != text.size() && ++seen == lines) break;
  }
  return text.substr(begin);
}

}  // namespace orderflow::testing
