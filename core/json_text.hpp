#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/money.hpp"
#include "core/time.hpp"
#include "core/uuid.hpp"

namespace orderflow::core {

// Appends `text` as a JSON string. The text must be valid UTF-8, which PostgreSQL and the JSON
// parser guarantee for everything that gets here.
void append_json_string(std::string& out, std::string_view text);

// Text that already is JSON, e.g. a jsonb column.
struct RawJson {
  std::string_view text;
};

// Writes one JSON object, field by field in the order given. Answers and messages are built with it
// rather than with a document tree: they keep their order, and the hot ones cost one string.
class JsonObject {
 public:
  JsonObject() {
    out_.reserve(kUsualBytes);
    out_ += '{';
  }

  JsonObject& field(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
    return *this;
  }
  JsonObject& field(std::string_view name, const char* value) {
    return field(name, std::string_view(value));
  }
  JsonObject& field(std::string_view name, const std::string& value) {
    return field(name, std::string_view(value));
  }
  template <std::integral Int>
  JsonObject& field(std::string_view name, Int value) {
    key(name);
    if constexpr (std::same_as<Int, bool>) {
      out_ += value ? "true" : "false";
    } else {
      out_ += std::to_string(value);
    }
    return *this;
  }
  JsonObject& field(std::string_view name, const Uuid& value) {
    return field(name, value.text().view());
  }
  JsonObject& field(std::string_view name, Time value) { return field(name, to_rfc3339(value)); }
  JsonObject& field(std::string_view name, RawJson value) {
    key(name);
    out_.append(value.text);
    return *this;
  }
  JsonObject& field(std::string_view name, const Money& value);
  template <typename T>
  JsonObject& field(std::string_view name, const std::optional<T>& value) {
    return value ? field(name, *value) : field(name, RawJson{"null"});
  }

  [[nodiscard]] std::string text() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kUsualBytes = 400;

  void key(std::string_view name);

  std::string out_;
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
