#include "core/observe/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

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

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view text) {
  if (text == "debug" || text == "DEBUG") return LogLevel::kDebug;
  if (text == "info" || text == "INFO") return LogLevel::kInfo;
  if (text == "warning" || text == "WARNING" || text == "warn") return LogLevel::kWarning;
  if (text == "error" || text == "ERROR") return LogLevel::kError;
  return std::nullopt;
}

Logger::Logger(std::string role, LogLevel level)
    : role_(std::move(role)),
      level_(level),
      out_(std::make_unique<spdlog::logger>("orderflow",
                                            std::make_shared<spdlog::sinks::stdout_sink_mt>())) {
  out_->set_pattern("%v");
  out_->set_level(spdlog::level::trace);
  out_->flush_on(spdlog::level::trace);  // A killed process must not take its last words along.
}

Logger::~Logger() = default;

void Logger::write(LogLevel level, std::string_view message, const Trace* trace, Fields fields) {
  if (!enabled(level)) return;
  nlohmann::ordered_json line;
  line["time"] = to_rfc3339(process_now());
  line["level"] = name_of(level);
  line["role"] = role_;
  line["message"] = message;
  if (trace != nullptr && !trace->correlation_id.empty()) {
    line["correlation_id"] = trace->correlation_id;
    line["trace_id"] = trace_id_of(trace->traceparent);
  }
  for (const auto& [key, value] : fields) line[std::string(key)] = value;
  // Text from outside may hold broken UTF-8; a log line must never throw for it.
  out_->info(line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace orderflow::core
