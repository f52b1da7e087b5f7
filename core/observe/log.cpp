#include "core/observe/log.hpp"

#include <unistd.h>

#include "core/observe/line_writer.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {
namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return "error";
}

nlohmann::ordered_json begin_line(LogLevel level, std::string_view role, std::string_view message) {
  return {{"time", to_rfc3339(process_now())},
          {"level", name_of(level)},
          {"role", role},
          {"message", message}};
}

std::string text_of(const nlohmann::ordered_json& line) {
  // Text from outside may hold broken UTF-8; a log line must never throw for it.
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// All loggers of the process share it, as the process has one standard output.
LineWriter& standard_output() {
  static LineWriter writer(STDOUT_FILENO, [](std::int64_t lost) {
    auto line = begin_line(LogLevel::kWarning, "log", "lines were lost: nobody read them in time");
    line["lines"] = lost;
    return text_of(line);
  });
  return writer;
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view text) {
  if (text == "debug" || text == "DEBUG") return LogLevel::kDebug;
  if (text == "info" || text == "INFO") return LogLevel::kInfo;
  if (text == "warning" || text == "WARNING" || text == "warn") return LogLevel::kWarning;
  if (text == "error" || text == "ERROR") return LogLevel::kError;
  return std::nullopt;
}

Logger::Logger(std::string role, LogLevel level) : role_(std::move(role)), level_(level) {}

void Logger::write(LogLevel level, std::string_view message, const Trace* trace, Fields fields) {
  if (!enabled(level)) return;
  auto line = begin_line(level, role_, message);
  if (trace != nullptr && !trace->correlation_id.empty()) {
    line["correlation_id"] = trace->correlation_id;
    line["trace_id"] = trace_id_of(trace->traceparent);
  }
  for (const auto& [key, value] : fields) line[std::string(key)] = value;
  standard_output().write(text_of(line));
}

}  // namespace orderflow::core
