#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json/document.hpp"
#include "core/values/money.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {

// What a text field may hold.
struct TextRule {
  std::size_t characters_max = 200;
  bool may_be_empty = false;
  bool multiline = false;  // line feeds and tabs are welcome
};

// Why somebody asks for something.
inline constexpr TextRule kReason{.characters_max = 500, .multiline = true};
inline constexpr TextRule kOptionalReason{
    .characters_max = 500, .may_be_empty = true, .multiline = true};

enum class Presence { kRequired, kOptional };

// Reads one JSON object strictly: each getter notes a missing field or one of the wrong kind, and
// finish() notes every field nobody asked for. Errors carry RFC 6901 pointers. An optional field
// may be left out, but not be null. No I/O. The body's document outlives its readers.
class BodyReader {
 public:
  // `errors` collects across nested readers; `pointer` is where `object` lives ("" is the whole
  // body).
  BodyReader(core::JsonValue object, std::vector<FieldError>& errors, std::string pointer = {});
  BodyReader(const core::JsonDocument& body, std::vector<FieldError>& errors)
      : BodyReader(body.root(), errors) {}

  std::optional<std::string> text(const char* name, const TextRule& rule,
                                  Presence presence = Presence::kRequired);
  std::optional<core::Uuid> uuid(const char* name, Presence presence = Presence::kRequired);
  std::optional<std::int64_t> integer(const char* name, std::int64_t minimum, std::int64_t maximum,
                                      Presence presence = Presence::kRequired);
  std::optional<bool> boolean(const char* name, Presence presence = Presence::kRequired);
  std::optional<core::Money> money(const char* name, std::int64_t minimum,
                                   Presence presence = Presence::kRequired);
  std::optional<std::string> currency(const char* name);
  // For nested values; nothing when the field is missing or of another type (an error is noted).
  std::optional<core::JsonValue> object(const char* name, Presence presence = Presence::kRequired);
  std::optional<simdjson::dom::array> array(const char* name);

  // A reader of a value inside this one, whose errors come together with these.
  [[nodiscard]] BodyReader nested(core::JsonValue object, std::string pointer) {
    return {object, errors_, std::move(pointer)};
  }

  // Notes fields nobody asked for. Call last.
  void finish();

  void error(std::string_view name, std::string detail);
  [[nodiscard]] std::string pointer_to(std::string_view name) const;

 private:
  // The field's value; nothing when it is absent, with an error when it was required.
  std::optional<core::JsonValue> find(const char* name, Presence presence);

  bool is_object_;
  core::JsonMembers members_;
  std::vector<FieldError>& errors_;
  std::string pointer_;
};

// The body as a T, by `static T T::read(BodyReader&)`; 422 with all that is wrong with its fields.
template <typename T>
[[nodiscard]] Checked<T> read_body(const core::JsonDocument& body) {
  std::vector<FieldError> errors;
  BodyReader reader(body, errors);
  T value = T::read(reader);
  reader.finish();
  if (!errors.empty()) return refuse(invalid(std::move(errors)));
  return value;
}

// "" when the text keeps the rule, else what is wrong with it. The text is valid UTF-8.
[[nodiscard]] std::string check_text(std::string_view text, const TextRule& rule);

}  // namespace orderflow::http_api
