#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/observe/trace.hpp"

namespace orderflow::core {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// debug, info, warning (or warn) and error, in small or capital letters.
[[nodiscard]] std::optional<LogLevel> parse_log_level(std::string_view text);

// Writes one JSON object a line to stdout: time, level, role, message, correlation_id, trace_id and
// the fields given. A line is out when the call returns, whatever then ends the process; lines
// for which a pipe has no room are lost instead of waiting, and a later line says how many (see
// LineWriter). A warning or an error that only repeats one of the last minute, whoever it
// concerned, is counted instead (see RepeatedLines). Safe from any thread. Owned by main, handed
// down by reference.
class Logger {
 public:
  using Field = std::pair<std::string_view, nlohmann::json>;
  using Fields = std::initializer_list<Field>;

  // Lines below `level` are left out.
  Logger(std::string role, LogLevel level);
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void debug(std::string_view message, Fields fields = {}) {
    write(LogLevel::kDebug, message, nullptr, fields);
  }
  void info(std::string_view message, Fields fields = {}) {
    write(LogLevel::kInfo, message, nullptr, fields);
  }
  void warning(std::string_view message, Fields fields = {}) {
    write(LogLevel::kWarning, message, nullptr, fields);
  }
  void error(std::string_view message, Fields fields = {}) {
    write(LogLevel::kError, message, nullptr, fields);
  }

  // The same with the correlation id and trace id of what caused the line.
  void log(LogLevel level, std::string_view message, const Trace& trace, Fields fields = {}) {
    write(level, message, &trace, fields);
  }

  [[nodiscard]] bool enabled(LogLevel level) const { return level >= level_; }
  [[nodiscard]] const std::string& role() const { return role_; }

 private:
  void write(LogLevel level, std::string_view message, const Trace* trace, Fields fields);

  std::string role_;
  LogLevel level_;
};

}  // namespace orderflow::core
