#include "compose/status.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

namespace orderflow::compose {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kStates{
    std::pair{ProcessState::kStopped, "stopped"}, std::pair{ProcessState::kStarting, "starting"},
    std::pair{ProcessState::kRunning, "running"}, std::pair{ProcessState::kBackoff, "backoff"},
    std::pair{ProcessState::kDone, "done"}};
constexpr std::array kPhases{std::pair{Phase::kStarting, "starting"}, std::pair{Phase::kUp, "up"},
                             std::pair{Phase::kStopping, "stopping"},
                             std::pair{Phase::kStopped, "stopped"},
                             std::pair{Phase::kFailed, "failed"}};

template <typename Value, std::size_t kCount>
const char* name_of(const std::array<std::pair<Value, const char*>, kCount>& names, Value value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return "unknown";
}

// The first value when nothing has that name.
template <typename Value, std::size_t kCount>
Value value_of(const std::array<std::pair<Value, const char*>, kCount>& names,
               const std::string& name) {
  for (const auto& [value, known] : names) {
    if (known == name) return value;
  }
  return names.front().first;
}

// A log excerpt in an error need not be valid UTF-8; the file must be.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <typename Number>
Json number_or_null(Number number) {
  return number == 0 ? Json(nullptr) : Json(number);
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json process_json(const ProcessStatus& process) {
  Json json;
  json["name"] = process.name;
  json["state"] = name_of(kStates, process.state);
  json["pid"] = number_or_null(process.pid);
  json["port"] = number_or_null(process.port);
  json["restarts"] = process.restarts;
  json["since"] = core::to_rfc3339(process.since);
  return json;
}

bool is_running(Phase phase) { return phase != Phase::kStopped && phase != Phase::kFailed; }

template <typename Number>
Number number_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_integer() ? found->get<Number>() : Number{0};
}

std::string text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

core::Time time_at(const Json& json) {
  return core::parse_rfc3339(text_at(json, "since")).value_or(core::Time{});
}

}  // namespace

std::string to_json(const Status& status) {
  Json head;
  head["running"] = is_running(status.phase);
  head["phase"] = name_of(kPhases, status.phase);
  head["pid"] = is_running(status.phase) ? Json(status.supervisor_pid) : Json(nullptr);
  head["since"] = core::to_rfc3339(status.since);
  head["failed"] = text_or_null(status.failed);
  head["error"] = text_or_null(status.error);

  // The head object is left open for the processes, which stand one a line.
  std::string text = dump(head);
  text.pop_back();
  text += ",\"roles\":[\n";
  for (std::size_t i = 0; i < status.processes.size(); ++i) {
    text += dump(process_json(status.processes[i]));
    text += i + 1 < status.processes.size() ? ",\n" : "\n";
  }
  return text + "]}\n";
}

std::optional<Status> parse_status(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  const auto processes = json.find("roles");
  if (!json.is_object() || processes == json.end() || !processes->is_array()) return std::nullopt;
  Status status{value_of(kPhases, text_at(json, "phase")),
                number_at<pid_t>(json, "pid"),
                time_at(json),
                text_at(json, "failed"),
                text_at(json, "error"),
                {}};
  for (const Json& process : *processes) {
    status.processes.push_back(
        {text_at(process, "name"), value_of(kStates, text_at(process, "state")),
         number_at<pid_t>(process, "pid"), number_at<std::uint16_t>(process, "port"),
         number_at<int>(process, "restarts"), time_at(process)});
  }
  return status;
}

std::string to_lines(const Status& status) {
  const auto or_dash = [](auto number) {
    return number == 0 ? std::string("-") : std::to_string(number);
  };
  std::string text;
  if (status.phase != Phase::kUp) text += std::string(name_of(kPhases, status.phase)) + "\n";
  for (const ProcessStatus& process : status.processes) {
    std::array<char, 160> line{};
    std::snprintf(line.data(), line.size(), "%-14s %-9s pid %-8s port %-6s restarts %d\n",
                  process.name.c_str(), name_of(kStates, process.state),
                  or_dash(process.pid).c_str(), or_dash(process.port).c_str(), process.restarts);
    text += line.data();
  }
  return text;
}

std::string to_targets(const std::vector<std::string>& addresses) {
  Json group;
  group["targets"] = addresses;
  return dump(Json::array({group})) + "\n";
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
