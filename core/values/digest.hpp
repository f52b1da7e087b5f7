#pragma once

#include <string>
#include <string_view>

namespace orderflow::core {

// The 32 raw bytes of SHA-256.
[[nodiscard]] std::string sha256(std::string_view text);

// In hexadecimal, as sha256sum prints it.
[[nodiscard]] std::string sha256_hex(std::string_view text);

[[nodiscard]] std::string to_hex(std::string_view bytes);

// Compares secrets without telling by its time how much of them agrees.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace orderflow::core
