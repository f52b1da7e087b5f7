#pragma once

#include <string>
#include <string_view>

namespace orderflow::core {

// What ties everything that one request caused together: it goes from the HTTP request through rows
// and Kafka headers to every log line.
struct Trace {
  std::string correlation_id;
  std::string traceparent;  // W3C Trace Context: 00-<trace id>-<span id>-<flags>

  bool operator==(const Trace&) const = default;
};

// True for a version 00 traceparent with non-zero ids.
[[nodiscard]] bool is_traceparent(std::string_view text);

// A new trace with a sampled flag.
[[nodiscard]] std::string new_traceparent();

// The same trace, a new span id. A malformed parent starts a new trace.
[[nodiscard]] std::string child_traceparent(std::string_view parent);

// The 32 hex digits of the trace id; empty when malformed.
[[nodiscard]] std::string_view trace_id_of(std::string_view traceparent);

// 1 to 128 characters of [A-Za-z0-9._:/-]: what a caller may choose as correlation id.
[[nodiscard]] bool is_sane_correlation_id(std::string_view text);

}  // namespace orderflow::core
