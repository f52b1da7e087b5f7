#include "compose/joined.hpp"

#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/environment.hpp"
#include "tests/support/process.hpp"
#include "tests/support/wait.hpp"

using namespace orderflow::compose;
using orderflow::testing::Process;

namespace {

// An instance of which payments runs twice already, and a program that says what it is given.
class Folder {
 public:
  Folder() {
    Status status;
    status.processes = {{.name = "payments"}, {.name = "payments-2"}};
    write_atomically(state() / "status.json", to_json(status));
    std::ofstream(program()) << "#!/bin/sh\necho \"$@\"\nexec sleep 600\n";
    std::filesystem::permissions(program(), std::filesystem::perms::owner_all);
  }

  [[nodiscard]] std::filesystem::path state() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path program() const { return folder_.path() / "program"; }

  [[nodiscard]] Process join(const std::string& name, const std::string& whose,
                             std::vector<std::string> words) const {
    std::vector<std::string> command{
        ORDERFLOW_SUPERVISOR_BINARY, "join", state(), program(), "80", "9080", whose};
    command.insert(command.end(), words.begin(), words.end());
    return Process({name,
                    command,
                    orderflow::testing::neutral_environment(),
                    folder_.path() / (name + ".log"),
                    {},
                    {}});
  }

  [[nodiscard]] std::string said(const std::string& name) const {
    const auto path = folder_.path() / (name + ".log");
    const auto read = [&] {
      std::ifstream file(path);
      return std::string{std::istreambuf_iterator<char>(file), {}};
    };
    orderflow::testing::wait_until(name + " says something", [&] { return !read().empty(); });
    return read();
  }

 private:
  orderflow::testing::TemporaryFolder folder_{"joined"};
};

}  // namespace

TEST_CASE("who joins an instance gets the next free number, its port, and gives it back") {
  const Folder folder;
  auto third = folder.join("third", "first", {"payments", "--batch-limit=7"});
  CHECK(folder.said("third") == "payments --batch-limit=7 --metrics-port-base=9100\n");
  {
    auto fourth = folder.join("fourth", "first", {"payments"});
    CHECK(folder.said("fourth") == "payments --metrics-port-base=9110\n");
    const auto joined = joined_processes(folder.state());
    REQUIRE(joined.size() == 2);
    CHECK(joined[0].name == "payments-3");
    CHECK(joined[0].state == ProcessState::kRunning);
    CHECK(joined[0].pid == third.pid());
    CHECK(joined[0].port == 9102);
    CHECK(joined[1].name == "payments-4");
    CHECK(joined[1].port == 9112);
  }
  CHECK(joined_processes(folder.state()).size() == 1);
  auto again = folder.join("again", "first", {"payments"});
  CHECK(folder.said("again") == "payments --metrics-port-base=9110\n");
}

TEST_CASE("who joins on ports of its own keeps them") {
  const Folder folder;
  auto third = folder.join("third", "own", {"payments"});
  CHECK(folder.said("third") == "payments --metrics-port-base=9080\n");
  auto api = folder.join("api", "own", {"api"});
  CHECK(folder.said("api") == "api\n");
  const auto joined = joined_processes(folder.state());
  REQUIRE(joined.size() == 2);
  CHECK((joined[0].name == "api" && joined[0].port == 80));
  CHECK((joined[1].name == "payments-3" && joined[1].port == 9082));
}

TEST_CASE("what cannot join says why") {
  const Folder folder;
  auto nobody = folder.join("nobody", "first", {"waiter"});
  CHECK(nobody.wait_exit() == 1);
  CHECK(folder.said("nobody").starts_with("orderflow-supervisor: join needs "));
}
