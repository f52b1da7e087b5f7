#pragma once

#include <cstddef>
#include <string_view>

namespace orderflow::core {

// Whether a byte of UTF-8 goes on with the character that one before it has begun.
[[nodiscard]] constexpr bool is_continuation(unsigned char byte) { return (byte & 0xc0U) == 0x80U; }

// The beginning of valid UTF-8, cut between characters: what may be quoted of a text from outside.
[[nodiscard]] constexpr std::string_view first_bytes(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && is_continuation(static_cast<unsigned char>(text[bytes_max]))) --bytes_max;
  return text.substr(0, bytes_max);
}

}  // namespace orderflow::core
