#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::core {

// What PostgreSQL counts microseconds from.
inline constexpr Time kPgEpoch{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};

// PostgreSQL type ids, fixed in its catalogue.
enum class PgType : std::uint32_t {
  kBool = 16,
  kBytea = 17,
  kInt8 = 20,
  kInt4 = 23,
  kText = 25,
  kJson = 114,
  kTimestamptz = 1184,
  kUuid = 2950,
  kJsonb = 3802,
};

// One array parameter in binary form, a column of a set-based statement (`unnest`).
class PgArray {
 public:
  explicit PgArray(PgType element) : element_(element) {}

  void add_null();
  void add(bool value);
  void add(std::int32_t value);
  void add(std::int64_t value);
  void add(const Uuid& value);
  void add(Time value);
  void add(std::string_view value);  // kText, kBytea and kJsonb
  void add(const std::string& value) { add(std::string_view(value)); }
  void add(const char* value) { add(std::string_view(value)); }
  template <typename T>
  void add(const std::optional<T>& value) {
    value ? add(*value) : add_null();
  }
  // An empty text means "none" in memory and null in the table.
  void add_or_null(std::string_view text) { text.empty() ? add_null() : add(text); }

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] PgType element() const { return element_; }
  [[nodiscard]] std::string encode() const;

 private:
  PgType element_;
  std::int32_t count_ = 0;
  bool has_null_ = false;
  std::string elements_;
};

// Text that is JSON, for a column of type jsonb.
struct PgJson {
  std::string_view text;
};

// Text that is JSON, for a column of type json: kept as it is, and read back as text.
struct PgJsonText {
  std::string_view text;
};

// Bytes that need not be text, for a column of type bytea.
struct PgBytes {
  std::string_view bytes;
};

// Rows of a named composite type as one parameter: `unnest($1::orders.event_row[])`. The values of
// a row are added in the order of the type's columns; a row with another number of them is a
// defect and aborts.
class PgRows {
 public:
  // `type` is the composite type's name, schema included, and lives as long as the program. Memory
  // is taken at once for as many rows as are expected.
  PgRows(const char* type, int columns, std::size_t expected_rows = 0);

  PgRows& row();  // Begins the next one.
  PgRows& add(bool value);
  PgRows& add(std::int32_t value);
  PgRows& add(std::int64_t value);
  PgRows& add(const Uuid& value);
  PgRows& add(Time value);
  PgRows& add(std::string_view text);
  PgRows& add(const std::string& text) { return add(std::string_view(text)); }
  PgRows& add(const char* text) { return add(std::string_view(text)); }
  PgRows& add(PgJson value);
  PgRows& add(PgJsonText value);
  PgRows& add(PgBytes value);
  template <typename T>
  PgRows& add(const std::optional<T>& value) {
    return value ? add(*value) : add_null(type_of(T{}));
  }
  PgRows& add_null(PgType type);
  PgRows& add_or_null(std::string_view text) {
    return text.empty() ? add_null(PgType::kText) : add(text);
  }

  [[nodiscard]] std::int32_t size() const { return count_; }
  [[nodiscard]] const char* type() const { return type_; }

  // The array as the server reads it. Only a session knows the type's id, since it differs between
  // databases.
  [[nodiscard]] std::string encode(std::uint32_t type_oid) const;

 private:
  static constexpr PgType type_of(bool) { return PgType::kBool; }
  static constexpr PgType type_of(std::int32_t) { return PgType::kInt4; }
  static constexpr PgType type_of(std::int64_t) { return PgType::kInt8; }
  static constexpr PgType type_of(const Uuid&) { return PgType::kUuid; }
  static constexpr PgType type_of(Time) { return PgType::kTimestamptz; }
  static PgType type_of(const std::string&) { return PgType::kText; }
  static constexpr PgType type_of(PgJson) { return PgType::kJsonb; }

  void field(PgType type, std::int32_t size);
  template <typename Int>
  PgRows& fixed(PgType type, Int value);
  void end_row();
  void reserve();

  const char* type_;
  std::int32_t columns_;
  std::size_t expected_rows_;
  std::int32_t count_ = 0;
  std::int32_t fields_;         // Of the last row.
  std::size_t row_begins_ = 0;  // Where the last row's size stands.
  std::string rows_;            // In binary form; the size of the last one is still missing.
};

// The parameters of one statement, in order, in binary form. Built up once, then only read, also by
// several sessions one after the other.
class PgParams {
 public:
  using Value = std::variant<std::monostate, std::string, PgRows>;  // monostate: null.
  struct Parameter {
    std::uint32_t oid;  // 0: the statement's text names the type.
    Value value;
  };

  PgParams& null(PgType type);
  PgParams& boolean(bool value);
  PgParams& int4(std::int32_t value);
  PgParams& int8(std::int64_t value);
  PgParams& uuid(const Uuid& value);
  PgParams& time(Time value);
  PgParams& text(std::string_view value);
  PgParams& bytea(std::string_view value);
  PgParams& jsonb(std::string_view value);
  PgParams& array(const PgArray& value);
  PgParams& rows(PgRows value);

  [[nodiscard]] const std::vector<Parameter>& all() const { return parameters_; }
  [[nodiscard]] int size() const { return static_cast<int>(parameters_.size()); }

 private:
  PgParams& push(std::uint32_t oid, Value value);

  std::vector<Parameter> parameters_;
};

}  // namespace orderflow::core
