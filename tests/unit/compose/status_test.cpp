#include "compose/status.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

using namespace orderflow::compose;

namespace {

Status two_processes() {
  const orderflow::core::Time at{std::chrono::milliseconds{1'700'000'000'123}};
  Status status{Phase::kUp, 41, at, "", "", {}};
  status.processes.push_back({"postgres", ProcessState::kRunning, 42, 15432, 1, at});
  status.processes.push_back({"migrate", ProcessState::kDone, 0, 0, 0, at});
  return status;
}

}  // namespace

TEST_CASE("the status is JSON with one line a process") {
  const std::string text = to_json(two_processes());

  CHECK(std::count(text.begin(), text.end(), '\n') == 4);
  const auto json = nlohmann::json::parse(text);
  CHECK(json.at("running") == true);
  CHECK(json.at("phase") == "up");
  CHECK(json.at("pid") == 41);
  CHECK(json.at("error").is_null());
  const auto& postgres = json.at("roles").at(0);
  CHECK(postgres.at("name") == "postgres");
  CHECK(postgres.at("state") == "running");
  CHECK(postgres.at("pid") == 42);
  CHECK(postgres.at("port") == 15432);
  CHECK(postgres.at("restarts") == 1);
  CHECK(postgres.at("since") == "2023-11-14T22:13:20.123Z");
  CHECK(json.at("roles").at(1).at("pid").is_null());
  CHECK(json.at("roles").at(1).at("port").is_null());
}

TEST_CASE("a failed start is not running, and its reason stays readable whatever bytes it has") {
  const Status status{Phase::kFailed, 41, {}, "api", "log said \xff\x01\"", {}};
  const auto json = nlohmann::json::parse(to_json(status));
  CHECK(json.at("running") == false);
  CHECK(json.at("pid").is_null());
  CHECK(json.at("failed") == "api");
  CHECK(json.at("error").get<std::string>().starts_with("log said "));
}

TEST_CASE("a status that was written reads back") {
  const auto read = parse_status(to_json(two_processes()));
  REQUIRE(read);
  CHECK(read->phase == Phase::kUp);
  CHECK(read->supervisor_pid == 41);
  CHECK(read->since == two_processes().since);
  REQUIRE(read->processes.size() == 2);
  CHECK(read->processes[0].name == "postgres");
  CHECK(read->processes[0].state == ProcessState::kRunning);
  CHECK(read->processes[0].pid == 42);
  CHECK(read->processes[0].port == 15432);
  CHECK(read->processes[0].restarts == 1);
  CHECK(read->processes[1].state == ProcessState::kDone);
  CHECK(read->processes[1].pid == 0);

  const auto failed = parse_status(to_json({Phase::kFailed, 41, {}, "api", "why", {}}));
  REQUIRE(failed);
  CHECK(failed->phase == Phase::kFailed);
  CHECK(failed->supervisor_pid == 0);
  CHECK(failed->failed == "api");
  CHECK(failed->error == "why");
}

TEST_CASE("what is not a status is none") {
  for (const char* text : {"", "{", "[]", "7", "{}", "{\"roles\":7}"}) {
    INFO(text);
    CHECK_FALSE(parse_status(text));
  }
}

TEST_CASE("people read a line a process, and the phase while not all is up") {
  auto status = two_processes();
  CHECK(to_lines(status) ==
        "postgres       running   pid 42       port 15432  restarts 1\n"
        "migrate        done      pid -        port -      restarts 0\n");
  status.phase = Phase::kStopping;
  CHECK(to_lines(status).starts_with("stopping\npostgres "));
}
