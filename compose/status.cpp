#include "compose/status.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace orderflow::compose {
namespace {

using Json = nlohmann::ordered_json;

// A log excerpt in an error need not be valid UTF-8; the file must be.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json role_json(const RoleStatus& role) {
  Json json;
  json["name"] = role.name;
  json["state"] = to_string(role.state);
  json["pid"] = role.pid == 0 ? Json(nullptr) : Json(role.pid);
  json["port"] = role.port == 0 ? Json(nullptr) : Json(role.port);
  json["restarts"] = role.restarts;
  json["since"] = rfc3339(role.since);
  return json;
}

}  // namespace

std::string rfc3339(WallClock::time_point time) {
  using std::chrono::milliseconds;
  const auto since_epoch = std::chrono::duration_cast<milliseconds>(time.time_since_epoch());
  const std::time_t seconds = since_epoch.count() / 1'000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 32> day{};
  std::strftime(day.data(), day.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ",
                static_cast<int>(since_epoch.count() % 1'000));
  return std::string(day.data()) + fraction.data();
}

std::string_view to_string(RoleState state) {
  switch (state) {
    case RoleState::kStopped: return "stopped";
    case RoleState::kStarting: return "starting";
    case RoleState::kRunning: return "running";
    case RoleState::kBackoff: return "backoff";
    case RoleState::kDone: return "done";
  }
  return "unknown";
}

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::kStarting: return "starting";
    case Phase::kUp: return "up";
    case Phase::kStopping: return "stopping";
    case Phase::kStopped: return "stopped";
    case Phase::kFailed: return "failed";
  }
  return "unknown";
}

std::string to_json(const Status& status) {
  const bool running = status.phase != Phase::kStopped && status.phase != Phase::kFailed;
  Json head;
  head["running"] = running;
  head["phase"] = to_string(status.phase);
  head["pid"] = running ? Json(status.supervisor_pid) : Json(nullptr);
  head["since"] = rfc3339(status.since);
  head["error"] = status.error.empty() ? Json(nullptr) : Json(status.error);

  // The head object is left open for the roles, which stand one a line.
  std::string text = dump(head);
  text.pop_back();
  text += ",\"roles\":[\n";
  for (std::size_t i = 0; i < status.roles.size(); ++i) {
    text += dump(role_json(status.roles[i]));
    text += i + 1 < status.roles.size() ? ",\n" : "\n";
  }
  return text + "]}\n";
}

void write_atomically(const std::filesystem::path& file, std::string_view text) {
  auto fresh = file;
  fresh += ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) {
    throw std::system_error(std::make_error_code(std::errc::io_error), fresh.string());
  }
  std::filesystem::rename(fresh, file);
}

}  // namespace orderflow::compose
