#include "compose/status.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

using namespace orderflow::compose;

TEST_CASE("the status is JSON with one line a role") {
  const WallClock::time_point at{std::chrono::milliseconds{1'700'000'000'123}};
  Status status{Phase::kUp, 41, at, "", {}};
  status.roles.push_back({"postgres", RoleState::kRunning, 42, 15432, 1, at});
  status.roles.push_back({"migrate", RoleState::kDone, 0, 0, 0, at});
  const std::string text = to_json(status);

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
  Status status{Phase::kFailed, 41, {}, "log said \xff\x01\"", {}};
  const auto json = nlohmann::json::parse(to_json(status));
  CHECK(json.at("running") == false);
  CHECK(json.at("pid").is_null());
  CHECK(json.at("error").get<std::string>().starts_with("log said "));
}
