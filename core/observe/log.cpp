#include "core/observe/log.hpp"

#include <unistd.h>

#include <chrono>
#include <mutex>

#include "core/observe/line_writer.hpp"
#include "core/observe/repeated_lines.hpp"
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

using Line = nlohmann::ordered_json;

std::string now_text() { return to_rfc3339(process_now()); }

Line begin_line(LogLevel level, std::string_view role, std::string_view message) {
  return {{"time", now_text()}, {"level", name_of(level)}, {"role", role}, {"message", message}};
}

std::string text_of(const Line& line) {
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

// Of all loggers as well, what they have said already.
class Repetitions {
 public:
  // Also writes the counts that are due.
  bool is_new(LogLevel level, const Line& line) {
    const auto now = std::chrono::steady_clock::now();
    const std::lock_guard lock(mutex_);
    for (Line& due : lines_.take_due(now)) {
      due["time"] = now_text();
      standard_output().write(text_of(due));
    }
    return level < LogLevel::kWarning || lines_.is_new(without_occasion(line), now);
  }

 private:
  // What is the same each time: neither when, nor for whom.
  static Line without_occasion(Line line) {
    for (const char* name : {"time", "correlation_id", "trace_id"}) line.erase(name);
    return line;
  }

  std::mutex mutex_;
  RepeatedLines lines_;
};

Repetitions& repetitions() {
  static Repetitions one;
  return one;
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
  if (level > LogLevel::kDebug && !repetitions().is_new(level, line)) return;
  standard_output().write(text_of(line));
}

}  // namespace orderflow::core
