#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "core/pg/session.hpp"

namespace orderflow::core {

// The text of a jsonb column, as PostgreSQL spells it.
struct JsonText {
  std::string text;
};

// One row of a result, read column by column in the order of the statement:
//   return {.id = row.take<Uuid>(), .name = row.take<std::string>(), .left_at =
//   row.take<std::optional<Time>>()};
// (A braced list is evaluated from left to right.) So each table's columns and their C++ fields
// stand beside each other once. Valid as long as the result; not for several threads.
class PgRow {
 public:
  PgRow(const PgResult& result, int row) : result_(result), row_(row) {}

  // T: bool, int32, int64, Uuid, Time, std::string (text, json, bytea), JsonText, or an optional of
  // them.
  template <typename T>
  [[nodiscard]] T take() {
    return read<T>(column_++);
  }
  void skip() { ++column_; }

 private:
  template <typename T>
  struct IsOptional : std::false_type {};
  template <typename T>
  struct IsOptional<std::optional<T>> : std::true_type {};

  template <typename T>
  [[nodiscard]] T read(int column) const {
    if constexpr (IsOptional<T>::value) {
      if (result_.is_null(row_, column)) return std::nullopt;
      return read<typename T::value_type>(column);
    } else if constexpr (std::is_same_v<T, bool>) {
      return result_.boolean(row_, column);
    } else if constexpr (std::is_same_v<T, std::int32_t>) {
      return result_.int4(row_, column);
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      return result_.int8(row_, column);
    } else if constexpr (std::is_same_v<T, Uuid>) {
      return result_.uuid(row_, column);
    } else if constexpr (std::is_same_v<T, Time>) {
      return result_.time(row_, column);
    } else if constexpr (std::is_same_v<T, JsonText>) {
      return {std::string(result_.jsonb(row_, column))};
    } else {
      static_assert(std::is_same_v<T, std::string>);
      return std::string(result_.text(row_, column));
    }
  }

  const PgResult& result_;
  int row_;
  int column_ = 0;
};

// Whatever says which columns it is made of, in SQL, and how it is read from them.
template <typename T>
concept PgReadable = requires(PgRow& row) {
  { T::read(row) } -> std::same_as<T>;
};

template <PgReadable T>
[[nodiscard]] T row_of(const PgResult& result, int index = 0) {
  PgRow row(result, index);
  return T::read(row);
}

template <PgReadable T>
[[nodiscard]] std::optional<T> first_row_of(const PgResult& result) {
  if (result.rows() == 0) return std::nullopt;
  return row_of<T>(result);
}

template <PgReadable T>
[[nodiscard]] std::vector<T> rows_of(const PgResult& result) {
  std::vector<T> rows;
  rows.reserve(static_cast<std::size_t>(result.rows()));
  for (int i = 0; i < result.rows(); ++i) rows.push_back(row_of<T>(result, i));
  return rows;
}

}  // namespace orderflow::core
