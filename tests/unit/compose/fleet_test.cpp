#include "compose/fleet.hpp"

#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "compose/status.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/wait.hpp"

using namespace orderflow::compose;
using namespace std::chrono_literals;

namespace {

// A fleet whose time is the test's; its processes are real.
class Run {
 public:
  explicit Run(std::vector<Entry> entries) : fleet_(std::move(entries), settings()) {}

  Fleet& fleet() { return fleet_; }
  void pass(std::chrono::milliseconds time) {
    now_ += time;
    fleet_.tick(now_);
  }
  // Waits for a process to end, tells the fleet, and returns its id.
  pid_t one_ends() {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, 0);
    fleet_.on_exit(pid, status, now_);
    return pid;
  }
  [[nodiscard]] Status status() {
    fleet_.write_status();
    return parse_status(read("status.json")).value();
  }
  [[nodiscard]] std::string log(const std::string& name) const {
    return read("log/" + name + ".log");
  }

 private:
  FleetSettings settings() {
    FleetSettings settings;
    settings.state_dir = folder_.path();
    settings.launcher = ORDERFLOW_SUPERVISOR_BINARY;
    settings.start_deadline = 10s;
    settings.oneshot_attempts_max = 2;
    return settings;
  }

  [[nodiscard]] std::string read(const std::string& name) const {
    std::ifstream file(folder_.path() / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  orderflow::testing::TemporaryFolder folder_{"fleet"};
  Clock::time_point now_{};
  Fleet fleet_;
};

Entry entry(const std::string& name, EntryKind kind, std::vector<std::string> command) {
  Entry entry;
  entry.name = name;
  entry.kind = kind;
  entry.command = std::move(command);
  return entry;
}

}  // namespace

TEST_CASE("a fleet starts in order and replaces what dies") {
  Run run({entry("first", EntryKind::kOneshot, {"true"}),
           entry("second", EntryKind::kDaemon, {"sleep", "600"}),
           entry("third", EntryKind::kDaemon, {"sleep", "600"})});
  run.pass(0ms);
  CHECK(run.status().processes[1].state == ProcessState::kStopped);
  run.one_ends();
  run.pass(0ms);
  CHECK(run.status().processes[0].state == ProcessState::kDone);
  CHECK(run.status().phase == Phase::kStarting);
  for (int i = 0; i < 3; ++i) run.pass(0ms);
  const auto up = run.status();
  CHECK(up.phase == Phase::kUp);
  CHECK_FALSE(run.fleet().in_transition());

  ::kill(up.processes[1].pid, SIGKILL);
  CHECK(run.one_ends() == up.processes[1].pid);
  run.pass(199ms);
  CHECK(run.status().processes[1].state == ProcessState::kBackoff);
  run.pass(1ms);
  const auto again = run.status();
  CHECK(again.processes[1].restarts == 1);
  CHECK(again.processes[1].pid != 0);
  CHECK(again.processes[2].pid == up.processes[2].pid);
  CHECK(again.phase == Phase::kUp);

  run.fleet().stop();
  run.pass(0ms);
  (void)run.one_ends();
  (void)run.one_ends();
  run.pass(0ms);
  CHECK(run.fleet().finished());
  CHECK_FALSE(run.fleet().failed());
  CHECK(run.status().phase == Phase::kStopped);
}

TEST_CASE("daemons between two oneshots stop together, before those that they need") {
  Run run({entry("server", EntryKind::kDaemon, {"sleep", "600"}),
           entry("migrate", EntryKind::kOneshot, {"true"}),
           entry("api", EntryKind::kDaemon, {"sleep", "600"}),
           entry("payments", EntryKind::kDaemon, {"sleep", "600"})});
  run.pass(0ms);
  run.pass(0ms);
  run.one_ends();
  for (int i = 0; i < 4; ++i) run.pass(0ms);
  const auto up = run.status();
  REQUIRE(up.phase == Phase::kUp);

  run.fleet().stop();
  run.pass(0ms);
  const std::set<pid_t> ended{run.one_ends(), run.one_ends()};
  CHECK(ended == std::set<pid_t>{up.processes[2].pid, up.processes[3].pid});
  CHECK_FALSE(run.fleet().finished());
  run.pass(0ms);
  CHECK(run.one_ends() == up.processes[0].pid);
  run.pass(0ms);
  CHECK(run.fleet().finished());
}

TEST_CASE("whoever does not stop, all of it takes less than the fifteen seconds of down") {
  const std::vector<std::string> deaf{"sh", "-c", "trap '' TERM; echo deaf; exec sleep 600"};
  std::vector<Entry> entries{entry("server", EntryKind::kDaemon, deaf),
                             entry("migrate", EntryKind::kOneshot, {"true"})};
  for (int i = 0; i < 19; ++i) {
    entries.push_back(entry("role-" + std::to_string(i), EntryKind::kDaemon, deaf));
  }
  Run run(std::move(entries));
  run.pass(0ms);
  run.pass(0ms);
  run.one_ends();
  for (int i = 0; i < 20; ++i) run.pass(0ms);
  REQUIRE(run.status().phase == Phase::kUp);
  for (int i = 0; i < 19; ++i) {
    const auto name = "role-" + std::to_string(i);
    orderflow::testing::wait_until("it is deaf", [&] { return run.log(name) == "deaf\n"; });
  }
  run.fleet().stop();
  run.pass(0ms);
  run.pass(8s);
  for (int i = 0; i < 19; ++i) run.one_ends();
  run.pass(0ms);
  run.pass(4s);
  run.one_ends();
  run.pass(0ms);
  CHECK(run.fleet().finished());
}

TEST_CASE("a process that ignores its stop signal gets its death signal") {
  Run run({entry("stubborn", EntryKind::kDaemon,
                 {"sh", "-c", "trap '' TERM; echo deaf; exec sleep 600"})});
  run.pass(0ms);
  run.pass(0ms);
  orderflow::testing::wait_until("it is deaf", [&] { return run.log("stubborn") == "deaf\n"; });
  REQUIRE(run.status().phase == Phase::kUp);
  run.fleet().stop();
  run.pass(0ms);
  run.pass(11s);
  CHECK(run.status().processes[0].pid != 0);
  run.pass(1s);
  run.one_ends();
  run.pass(0ms);
  CHECK(run.fleet().finished());
}

TEST_CASE("a oneshot that fails every time ends the start by name") {
  Run run({entry("migrate", EntryKind::kOneshot, {"false"}),
           entry("api", EntryKind::kDaemon, {"sleep", "600"})});
  run.pass(0ms);
  run.one_ends();
  run.pass(1s);
  run.one_ends();
  run.pass(0ms);
  CHECK(run.fleet().finished());
  CHECK(run.fleet().failed());
  const auto status = run.status();
  CHECK(status.phase == Phase::kFailed);
  CHECK(status.failed == "migrate");
  CHECK(status.error.starts_with("migrate ended with exit code 1 (attempt 2); its log: "));
  CHECK(status.processes[1].pid == 0);
}

TEST_CASE("what no restart mends ends the start at once") {
  Run run({entry("api", EntryKind::kDaemon, {"sh", "-c", "exit 2"})});
  run.pass(0ms);
  run.one_ends();
  run.pass(0ms);
  CHECK(run.fleet().failed());
}

TEST_CASE("a server that ends since somebody else has its port is not started until the deadline") {
  boost::asio::io_context context;
  using boost::asio::ip::tcp;
  tcp::acceptor other(context, {boost::asio::ip::make_address("127.0.0.1"), 0});
  const auto port = other.local_endpoint().port();
  Entry server = entry("server", EntryKind::kDaemon, {"false"});
  server.ready = {ReadyCheck::Kind::kPostgres, port, "", "127.0.0.1"};
  Run run({server});
  run.pass(0ms);
  run.one_ends();
  SECTION("that is said at the second start") {
    run.pass(200ms);
    run.pass(0ms);
    CHECK(run.fleet().finished());
    CHECK(run.fleet().failed());
    CHECK(run.status().error.starts_with("server ended with exit code 1, and its port " +
                                         std::to_string(port) + " is taken; its log: "));
  }
  SECTION("but whoever gives it up meanwhile is in nobody's way") {
    other.close();
    run.pass(200ms);
    CHECK_FALSE(run.fleet().failed());
    CHECK(run.status().processes[0].restarts == 1);
    run.one_ends();
  }
}
