#include "core/trace.hpp"

#include <algorithm>

#include "core/uuid.hpp"

namespace orderflow::core {
namespace {

constexpr std::size_t kTraceparentLength = 55;

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) { return text.find_first_not_of('0') == text.npos; }

std::string hex_of_new_id() {
  std::string hex = new_uuid_v7().to_string();
  std::erase(hex, '-');
  return hex;
}

// The random half of a fresh id, so that spans born in one millisecond differ.
std::string new_span_id() { return hex_of_new_id().substr(16); }

}  // namespace

bool is_traceparent(std::string_view text) {
  if (text.size() != kTraceparentLength || text.substr(0, 3) != "00-" || text[35] != '-' ||
      text[52] != '-') {
    return false;
  }
  const std::string_view trace = text.substr(3, 32);
  const std::string_view span = text.substr(36, 16);
  return is_lower_hex(trace) && is_lower_hex(span) && is_lower_hex(text.substr(53)) &&
         !all_zero(trace) && !all_zero(span);
}

std::string new_traceparent() { return "00-" + hex_of_new_id() + "-" + new_span_id() + "-01"; }

std::string child_traceparent(std::string_view parent) {
  if (!is_traceparent(parent)) return new_traceparent();
  std::string child(parent);
  child.replace(36, 16, new_span_id());
  return child;
}

std::string_view trace_id_of(std::string_view traceparent) {
  return is_traceparent(traceparent) ? traceparent.substr(3, 32) : std::string_view{};
}

bool is_sane_correlation_id(std::string_view text) {
  if (text.empty() || text.size() > 128) return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == ':' || c == '/' || c == '-';
  });
}

}  // namespace orderflow::core
