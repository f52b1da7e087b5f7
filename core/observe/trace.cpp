#include "core/observe/trace.hpp"

#include <algorithm>

#include "core/values/uuid.hpp"

namespace orderflow::core {
namespace {

constexpr std::size_t kTraceparentLength = 55;
constexpr std::size_t kSpanAt = 36;

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

// The random half of a fresh id, so that spans born in one millisecond differ: "xxxx-xxxxxxxxxxxx".
void write_new_span_id(char* to) {
  const auto id = new_uuid_v7().text();
  const auto half = id.chars.begin() + 19;
  std::copy_n(half + 5, 12, std::copy_n(half, 4, to));
}

// What this version knows of a later one, which begins as this one does and may go on (W3C Trace
// Context, 3.2.4). Anything else as it is.
std::string in_this_version(std::string_view text) {
  const std::string_view version = text.substr(0, 2);
  const bool later =
      version.size() == 2 && is_lower_hex(version) && version != "00" && version != "ff";
  const bool ends = text.size() <= kTraceparentLength || text[kTraceparentLength] == '-';
  if (!later || !ends) return std::string(text);
  return "00" + std::string(text.substr(2, kTraceparentLength - 2));
}

}  // namespace

bool is_traceparent(std::string_view text) {
  if (text.size() != kTraceparentLength || text.substr(0, 3) != "00-" || text[35] != '-' ||
      text[52] != '-') {
    return false;
  }
  const std::string_view trace = text.substr(3, 32);
  const std::string_view span = text.substr(kSpanAt, 16);
  return is_lower_hex(trace) && is_lower_hex(span) && is_lower_hex(text.substr(53)) &&
         !all_zero(trace) && !all_zero(span);
}

std::string new_traceparent() {
  std::string made = "00-" + hex_of_new_id() + "-0000000000000000-01";
  write_new_span_id(&made[kSpanAt]);
  return made;
}

std::string child_traceparent(std::string_view parent) {
  std::string child = in_this_version(parent);
  if (!is_traceparent(child)) return new_traceparent();
  write_new_span_id(&child[kSpanAt]);
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
