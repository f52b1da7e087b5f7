#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "core/uuid.hpp"

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

  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] PgType element() const { return element_; }
  [[nodiscard]] std::string encode() const;

 private:
  PgType element_;
  std::int32_t count_ = 0;
  bool has_null_ = false;
  std::string elements_;
};

// The parameters of one statement, in order, in binary form.
class PgParams {
 public:
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

  [[nodiscard]] int size() const { return static_cast<int>(values_.size()); }

 private:
  friend class PgSession;
  PgParams& push(std::uint32_t oid, std::optional<std::string> value);

  std::vector<std::uint32_t> oids_;
  std::vector<std::optional<std::string>> values_;
};

}  // namespace orderflow::core
