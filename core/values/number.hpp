#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace orderflow::core {

// The number that the whole text is, in decimal; empty for anything else, as one that `Number` does
// not hold, a sign '+' or white space.
template <typename Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

}  // namespace orderflow::core
