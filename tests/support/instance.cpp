#include "tests/support/instance.hpp"

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <iostream>

#include "tests/support/system.hpp"

namespace orderflow::testing {
namespace {

constexpr int kBrokerPort = 5;  // And the next one for Kafka's controller.
constexpr int kPostgresPort = 7;
// A first `up` may have to build.
constexpr Millis kCommandPatience{300'000};

}  // namespace

Instance::Instance(Environment settings)
    : settings_(std::move(settings)), folder_("instance"), http_(ports_.port(0)) {}

Instance::~Instance() {
  try {
    (void)orderflow({"wipe", "--yes"});
  } catch (...) {
    std::cerr << "an instance in " << folder_.path() << " could not be removed\n";
  }
}

Environment Instance::environment(const Environment& more) const {
  Environment all = neutral_environment();
  for (const auto& [name, value] : test_settings()) all[name] = value;
  all["ORDERFLOW_STATE_DIR"] = state_folder().string();
  // Not that of the person whose clone it is.
  all["ORDERFLOW_ENV_FILE"] = "";
  all["ORDERFLOW_HTTP_PORT"] = std::to_string(ports_.port(0));
  all["ORDERFLOW_METRICS_PORT_BASE"] = std::to_string(ports_.port(0));
  all["ORDERFLOW_BROKER_PORT"] = std::to_string(ports_.port(kBrokerPort));
  all["ORDERFLOW_PG_PORT"] = std::to_string(ports_.port(kPostgresPort));
  for (const auto& [name, value] : settings_) all[name] = value;
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

CommandResult Instance::orderflow(const std::vector<std::string>& words,
                                  const Environment& more) const {
  std::vector<std::string> command = {clone_ + "/orderflow"};
  command.insert(command.end(), words.begin(), words.end());
  // From another folder than the repository: it must work from any.
  return run_command(command, environment(more), folder_.path(), kCommandPatience);
}

std::string Instance::up(const std::string& broker) {
  const auto done = orderflow({"up", "--detach", "--broker", broker});
  if (done.exit_code != 0) FAIL("./orderflow up says " << done.exit_code << ":\n" << done.output);
  return done.output;
}

CommandResult Instance::shell(const std::string& lines) const {
  return run_command({"bash", "-c", lines}, environment({}), folder_.path(), kCommandPatience);
}

std::string Instance::bootstrap_servers() const {
  return "127.0.0.1:" + std::to_string(ports_.port(kBrokerPort));
}

nlohmann::json Instance::role_status(const std::string& role) const {
  const auto status = nlohmann::json::parse(orderflow({"status", "--json"}).output, nullptr, false);
  if (!status.is_object()) return nlohmann::json::object();
  for (const auto& found : status.value("roles", nlohmann::json::array())) {
    if (found.value("name", "") == role) return found;
  }
  return nlohmann::json::object();
}

int Instance::pid_of(const std::string& role) const {
  const auto status = role_status(role);
  return status.contains("pid") && status["pid"].is_number() ? status["pid"].get<int>() : 0;
}

int Instance::port_of(const std::string& role) const {
  const auto status = role_status(role);
  return status.contains("port") && status["port"].is_number() ? status["port"].get<int>() : 0;
}

int Instance::restarts_of(const std::string& role) const {
  return role_status(role).value("restarts", 0);
}

void Instance::kill_and_await_return(const std::string& role) const {
  const int pid = pid_of(role);
  if (pid == 0) FAIL("there is no " << role);
  ::kill(pid, SIGKILL);
  wait_until([&] { return role + " comes back; it is " + role_status(role).dump(); },
             [&] {
               const auto status = role_status(role);
               return status.value("state", "") == "running" && status.contains("pid") &&
                      status["pid"] != pid;
             },
             Millis{60'000});
}

std::string Instance::sql(const std::string& statement) const {
  const auto done = orderflow({"psql", "-Atc", statement});
  if (done.exit_code != 0) FAIL("psql says " << done.exit_code << ": " << done.output);
  return done.output.substr(0, done.output.find('\n'));
}

}  // namespace orderflow::testing
