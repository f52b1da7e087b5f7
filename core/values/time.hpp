#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace orderflow::core {

// A point in time in UTC with PostgreSQL's resolution.
using Duration = std::chrono::microseconds;
using Time = std::chrono::sys_time<Duration>;

using SteadyTime = std::chrono::steady_clock::time_point;

[[nodiscard]] inline Duration since(SteadyTime began) {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began);
}

// Whole milliseconds, as C libraries take time-outs.
[[nodiscard]] inline int to_ms(Duration duration) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

// RFC 3339 in UTC with milliseconds, e.g. 2026-01-31T09:30:00.123Z, without an allocation.
struct Rfc3339Text {
  std::array<char, 24> chars;
  [[nodiscard]] std::string_view view() const { return {chars.data(), chars.size()}; }
};
[[nodiscard]] Rfc3339Text rfc3339_text(Time time);
[[nodiscard]] inline std::string to_rfc3339(Time time) {
  return std::string(rfc3339_text(time).view());
}

// Accepts any offset and up to nine fraction digits; years 1 to 9999 in UTC.
[[nodiscard]] std::optional<Time> parse_rfc3339(std::string_view text);

// This process's own clock: for logs, message headers and the age of messages (what the API
// is told about a backlog), never for what becomes of an order. Decisions about that take the
// database's clock (core/pg/clock.hpp), which all owners share.
[[nodiscard]] inline Time process_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace orderflow::core
