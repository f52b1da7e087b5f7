#include "compose/launch.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "compose/proc.hpp"
#include "tests/support/environment.hpp"

using orderflow::compose::Entry;
using orderflow::compose::is_alive;
using orderflow::compose::spawn;

namespace {

// The program that tests build beside themselves.
constexpr const char* kLauncher = ORDERFLOW_SUPERVISOR_BINARY;

class Launched {
 public:
  explicit Launched(std::vector<std::string> command, const std::string& user = {}) {
    const auto path = folder_.path() / "log";
    const int log = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    Entry entry;
    entry.command = std::move(command);
    entry.user = user;
    const auto pid = spawn(entry, log, kLauncher);
    ::close(log);
    if (pid) {
      pid_ = *pid;
    } else {
      problem_ = pid.error();
    }
  }
  ~Launched() {
    if (pid_ != 0) (void)end(SIGKILL);
  }
  Launched(const Launched&) = delete;
  Launched& operator=(const Launched&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::string log() const {
    std::ifstream file(folder_.path() / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // The wait status, after the signal if one is given.
  int end(int signal = 0) {
    if (signal != 0) ::kill(pid_, signal);
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return status;
  }

 private:
  orderflow::testing::TemporaryFolder folder_{"launch"};
  pid_t pid_ = 0;
  std::string problem_;
};

}  // namespace

TEST_CASE("a launched process writes to its log and its exit code comes back") {
  Launched shell({"sh", "-c", "echo out; echo err >&2; exit 3"});
  REQUIRE(shell.pid() != 0);
  const int status = shell.end();
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 3);
  CHECK(shell.log() == "out\nerr\n");
}

TEST_CASE(
    "a launched process leads a group of its own and inherits neither descriptors nor masks") {
  const int inherited =
      ::open("/dev/null", O_RDONLY);  // Without O_CLOEXEC, as from a careless caller.
  sigset_t signals;
  sigset_t before;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &signals, &before);
  Launched shell(
      {"sh", "-c", "ls /proc/$$/fd; cut -d' ' -f5 /proc/$$/stat; grep SigBlk /proc/self/status"});
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ::close(inherited);
  const auto pid = std::to_string(shell.pid());
  REQUIRE(shell.end() == 0);
  CHECK(shell.log() == "0\n1\n2\n" + pid + "\nSigBlk:\t0000000000000000\n");
}

TEST_CASE("what cannot be started says why in the log and ends as shells have it") {
  Launched nothing({"/no/such/program"});
  const int status = nothing.end();
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 127);
  CHECK(nothing.log() == "orderflow-supervisor: /no/such/program: No such file or directory\n");
}

TEST_CASE("an account that does not exist is told before anything starts") {
  const Launched nobody({"true"}, "no-such-account");
  CHECK(nobody.pid() == 0);
  CHECK(nobody.problem() == "the account 'no-such-account' does not exist");
}

TEST_CASE("a process that its supervisor killed is alive no more, waited for or not") {
  Launched sleeper({"sleep", "60"});
  CHECK(is_alive(sleeper.pid()));
  const pid_t pid = sleeper.pid();
  CHECK(WTERMSIG(sleeper.end(SIGKILL)) == SIGKILL);
  CHECK_FALSE(is_alive(pid));
}
