#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

namespace orderflow::core {

// A piece of SQL that is known while compiling, e.g. the columns of a row type.
template <std::size_t Size>
struct SqlText {
  char text[Size]{};

  consteval SqlText() = default;
  consteval SqlText(const char (&literal)[Size]) { std::copy_n(literal, Size, text); }  // NOLINT
};

namespace detail {

template <SqlText... Parts>
consteval auto join_sql() {
  std::array<char, (0 + ... + (sizeof(Parts.text) - 1)) + 1> joined{};
  auto* end = joined.data();
  ((end = std::copy_n(Parts.text, sizeof(Parts.text) - 1, end)), ...);
  return joined;
}

template <SqlText... Parts>
inline constexpr auto kJoinedSql = join_sql<Parts...>();

}  // namespace detail

// Pieces as one, e.g. the columns of a row type that has those of another and more.
template <SqlText... Parts>
inline constexpr SqlText<detail::kJoinedSql<Parts...>.size()> concat = [] {
  SqlText<detail::kJoinedSql<Parts...>.size()> joined{};
  std::copy_n(detail::kJoinedSql<Parts...>.data(), detail::kJoinedSql<Parts...>.size(),
              joined.text);
  return joined;
}();

// A statement put together while compiling, so that a list of columns is written once:
//   constexpr PgStatement kFind{"user", sql<"SELECT ", UserRow::kColumns, " FROM identity.users">};
template <SqlText... Parts>
inline constexpr const char* sql = detail::kJoinedSql<Parts...>.data();

}  // namespace orderflow::core
