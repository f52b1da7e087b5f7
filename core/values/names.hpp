#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace orderflow::core {

// The values of an enumeration with their names in rows, messages and answers. A constant table.
template <typename Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

// Empty for a value that the table leaves out.
template <typename Enum, std::size_t N>
[[nodiscard]] constexpr std::string_view name_of(const Names<Enum, N>& names, Enum value) {
  for (const auto& [known, name] : names) {
    if (known == value) return name;
  }
  return {};
}

template <typename Enum, std::size_t N>
[[nodiscard]] constexpr std::optional<Enum> value_named(const Names<Enum, N>& names,
                                                        std::string_view name) {
  for (const auto& [value, known] : names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace orderflow::core
