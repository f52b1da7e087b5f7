#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/json/document.hpp"
#include "tests/fuzz/check.hpp"

namespace orderflow::fuzz {

// Two libraries read the same out of a text, or both refuse it.
inline void check_json_agrees(std::string_view text) {
  constexpr std::size_t kBytesMax = 1 << 16;
  constexpr std::size_t kLevelsMax = 32;
  static core::JsonParser parser(kBytesMax, kLevelsMax);
  // That one ends a text at a null character and skips a byte order mark.
  if (text.find('\0') != text.npos || text.starts_with("\xef\xbb\xbf")) return;
  const auto ours = parser.parse(text);
  if (!ours && ours.error() != core::JsonFault::kNotJson) return;
  // What core/json/document.hpp names as refused although it is JSON: an integer beyond 64 bits,
  // which the other one takes for a double.
  constexpr double kBeyond64Bits = 9.2e18;
  bool huge = false;
  const auto look = [&huge](int, nlohmann::json::parse_event_t, const nlohmann::json& value) {
    huge |= value.is_number_float() && std::fabs(value.get<double>()) > kBeyond64Bits;
    return true;
  };
  const auto theirs = nlohmann::json::parse(text, look, false);
  if (!ours) {
    require(theirs.is_discarded() || huge, "what is refused is not JSON", text);
    return;
  }
  require(!theirs.is_discarded(), "what is accepted is JSON", text);
  require(core::canonical_text(*ours) == theirs.dump(), "both say the same", text);
  std::size_t index = 0;
  for (const auto& member : core::JsonMembers(*ours)) {
    const auto value = core::canonical_text(member.value);
    require(nlohmann::json::parse(core::member_text(text, index++)).dump() == value,
            "a member's text is its value's", text);
  }
}

}  // namespace orderflow::fuzz
