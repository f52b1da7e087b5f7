#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orderflow::core {

// An amount in minor units (cents) and its ISO 4217 code. Never floating point.
struct Money {
  std::int64_t amount = 0;
  std::string currency;

  bool operator==(const Money&) const = default;
};

// Empty on overflow of 64 bits.
[[nodiscard]] inline std::optional<std::int64_t> checked_add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

[[nodiscard]] inline std::optional<std::int64_t> checked_multiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

// Three capital letters.
[[nodiscard]] inline bool is_currency_code(std::string_view code) {
  if (code.size() != 3) return false;
  for (const char c : code) {
    if (c < 'A' || c > 'Z') return false;
  }
  return true;
}

}  // namespace orderflow::core
