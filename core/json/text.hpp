#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/values/money.hpp"
#include "core/values/text_builder.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::core {

// Writes `text` as a JSON string. The text must be valid UTF-8, which PostgreSQL and the JSON
// parser guarantee for everything that gets here.
void put_json_string(TextBuilder& out, std::string_view text);

// Of std::int64_t and std::uint64_t.
template <typename Number>
void put_json_number(TextBuilder& out, Number number);

// Text that already is JSON, e.g. a jsonb column.
struct RawJson {
  std::string_view text;
};

// Writes one JSON object, field by field in the order given. Answers and messages are built with it
// rather than with a document tree: they keep their order, and the hot ones cost one string. Names
// are ours and need no escape.
class JsonObject {
 public:
  JsonObject() : out_(kUsualBytes) { out_.put('{'); }

  JsonObject& field(std::string_view name, std::string_view value);
  JsonObject& field(std::string_view name, const char* value) {
    return field(name, std::string_view(value));
  }
  JsonObject& field(std::string_view name, const std::string& value) {
    return field(name, std::string_view(value));
  }
  // An empty text means "none" in memory and null here.
  JsonObject& field_or_null(std::string_view name, std::string_view value) {
    return value.empty() ? field(name, RawJson{"null"}) : field(name, value);
  }
  template <std::integral Int>
  JsonObject& field(std::string_view name, Int value) {
    key(name);
    if constexpr (std::same_as<Int, bool>) {
      out_.put(value ? std::string_view("true") : std::string_view("false"));
    } else if constexpr (std::is_signed_v<Int>) {
      put_json_number(out_, static_cast<std::int64_t>(value));
    } else {
      put_json_number(out_, static_cast<std::uint64_t>(value));
    }
    return *this;
  }
  JsonObject& field(std::string_view name, const Uuid& value);
  JsonObject& field(std::string_view name, Time value);
  JsonObject& field(std::string_view name, RawJson value);
  JsonObject& field(std::string_view name, const Money& value);
  template <typename T>
  JsonObject& field(std::string_view name, const std::optional<T>& value) {
    return value ? field(name, *value) : field(name, RawJson{"null"});
  }

  [[nodiscard]] std::string text() {
    out_.put('}');
    return out_.take();
  }

 private:
  static constexpr std::size_t kUsualBytes = 400;

  void key(std::string_view name);

  TextBuilder out_;
};

// Writes one JSON array of finished elements.
class JsonArray {
 public:
  JsonArray& add(std::string_view element) {
    if (out_.size() > 1) out_ += ',';
    out_.append(element);
    return *this;
  }
  [[nodiscard]] std::string text() {
    out_ += ']';
    return std::move(out_);
  }

 private:
  std::string out_ = "[";
};

}  // namespace orderflow::core
