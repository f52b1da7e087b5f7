#pragma once

#include <simdjson.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "core/values/text_builder.hpp"

namespace orderflow::core {

// JSON from outside, read by simdjson: the whole text is validated, UTF-8 included, before anything
// of it is seen. What is written needs no document: see core/json/text.hpp.
//
// Beyond the grammar a number that neither 64 bits nor a double hold is refused. Where a name is
// repeated the last one counts, as in PostgreSQL's jsonb.

// One value. It points into its document and is valid as long as that holds the same text.
using JsonValue = simdjson::dom::element;
// The memory of a parsed text. Values do not follow it when it moves; ask its root() anew.
using JsonDocument = simdjson::dom::document;

enum class JsonFault { kTooLarge, kTooDeep, kNotJson };

// Parses one text after the other and keeps its memory, which grows to what the largest text
// needed. One thread at a time.
class JsonParser {
 public:
  // Texts have at most `bytes_max` bytes and `levels_max` levels of arrays and objects.
  JsonParser(std::size_t bytes_max, std::size_t levels_max);

  // The text's value, valid until the next call.
  [[nodiscard]] tl::expected<JsonValue, JsonFault> parse(std::string_view text);
  // Into a document of the caller's, which may outlive the parser.
  [[nodiscard]] tl::expected<JsonValue, JsonFault> parse(std::string_view text,
                                                         JsonDocument& document);

 private:
  std::size_t bytes_max_;
  std::size_t levels_max_;
  simdjson::dom::parser parser_;
};

// The text of a string; nothing for a value of another kind.
[[nodiscard]] std::optional<std::string_view> string_of(JsonValue value);

// An object's members, in the order of the text; none for a value of another kind.
class JsonMembers {
 public:
  struct Member {
    std::string_view name;
    JsonValue value;
    bool asked = false;  // By find().
  };

  explicit JsonMembers(JsonValue object);

  // Nothing when there is no such member.
  [[nodiscard]] std::optional<JsonValue> find(std::string_view name);
  // Its place among the members.
  [[nodiscard]] std::optional<std::size_t> index_of(std::string_view name) const;

  // The names that find() was never asked for, sorted, each once.
  [[nodiscard]] std::vector<std::string_view> unasked() const;

  // Sorts by name and leaves of each name the last.
  void make_canonical();

  [[nodiscard]] auto begin() const { return members_.begin(); }
  [[nodiscard]] auto end() const { return members_.end(); }

 private:
  static constexpr std::size_t kUsualCount = 10;

  std::vector<Member> members_;
};

// The text of a member's value, as it is spelled but for white space. `object` is the text of an
// object that was parsed and has more than `index` members.
[[nodiscard]] std::string member_text(std::string_view object, std::size_t index);

// Whether a name or text in it, at any level, holds a null character.
[[nodiscard]] bool has_null_character(JsonValue value);

// Writes the value with sorted names, each once, and no white space: equal values have equal texts.
// As large as what was parsed, or smaller, unless it is full of numbers with exponents.
void put_canonical(TextBuilder& out, JsonValue value);
[[nodiscard]] std::string canonical_text(JsonValue value);

// Whether a text is an object with a member of that name that is true. For the rare question: each
// time with a parser of its own.
[[nodiscard]] bool is_true_in(std::string_view text, std::string_view name);

}  // namespace orderflow::core
