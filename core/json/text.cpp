#include "core/json/text.hpp"

#include <charconv>
#include <cstring>

namespace orderflow::core {
namespace {

bool is_plain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

using Word = std::uint64_t;

constexpr Word repeated(unsigned char byte) { return Word{0x0101010101010101} * byte; }

// Whether one of the word's bytes is zero.
constexpr bool has_zero(Word word) { return ((word - repeated(1)) & ~word & repeated(0x80)) != 0; }

// Whether eight bytes need no escape. Most texts need none, and bytes are looked at one by one
// only around one that does.
bool are_plain(const char* text) {
  Word word = 0;
  std::memcpy(&word, text, sizeof word);
  const bool control = ((word - repeated(0x20)) & ~word & repeated(0x80)) != 0;
  return !control && !has_zero(word ^ repeated('"')) && !has_zero(word ^ repeated('\\'));
}

// Where the first byte from `at` on is that needs an escape; the text's size when none does.
std::size_t plain_until(std::string_view text, std::size_t at) {
  while (at + sizeof(Word) <= text.size() && are_plain(text.data() + at)) at += sizeof(Word);
  // The rest together with some of what was looked at.
  const bool rest_is_short = text.size() >= sizeof(Word) && at + sizeof(Word) > text.size();
  if (rest_is_short && are_plain(text.data() + text.size() - sizeof(Word))) return text.size();
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

void put_escape(TextBuilder& out, char c) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"': out.put("\\\""); break;
    case '\\': out.put("\\\\"); break;
    case '\b': out.put("\\b"); break;
    case '\f': out.put("\\f"); break;
    case '\n': out.put("\\n"); break;
    case '\r': out.put("\\r"); break;
    case '\t': out.put("\\t"); break;
    default: {
      const auto byte = static_cast<unsigned char>(c);
      out.put("\\u00");
      out.put(kHex[byte >> 4]);
      out.put(kHex[byte & 15]);
    }
  }
}

// A string that needs no escape.
void put_plain(TextBuilder& out, std::string_view text) {
  char* const to = out.room(text.size() + 2);
  to[0] = '"';
  if (!text.empty()) std::memcpy(to + 1, text.data(), text.size());
  to[text.size() + 1] = '"';
  out.grow(text.size() + 2);
}

}  // namespace

void put_json_string(TextBuilder& out, std::string_view text) {
  const std::size_t plain = plain_until(text, 0);
  if (plain == text.size()) return put_plain(out, text);
  out.put('"');
  out.put(text.substr(0, plain));
  for (std::size_t done = plain; done < text.size();) {
    put_escape(out, text[done]);
    const std::size_t end = plain_until(text, done + 1);
    out.put(text.substr(done + 1, end - done - 1));
    done = end;
  }
  out.put('"');
}

template <typename Number>
void put_json_number(TextBuilder& out, Number number) {
  constexpr std::size_t kDigitsMax = 20;
  char* const begin = out.room(kDigitsMax);
  const char* const end = std::to_chars(begin, begin + kDigitsMax, number).ptr;
  out.grow(static_cast<std::size_t>(end - begin));
}
template void put_json_number(TextBuilder& out, std::int64_t number);
template void put_json_number(TextBuilder& out, std::uint64_t number);

void JsonObject::key(std::string_view name) {
  const bool first = out_.view().size() == 1;
  constexpr std::size_t kAround = 4;
  char* to = out_.room(name.size() + kAround);
  if (!first) *to++ = ',';
  *to++ = '"';
  std::memcpy(to, name.data(), name.size());
  to += name.size();
  *to++ = '"';
  *to = ':';
  out_.grow(name.size() + (first ? kAround - 1 : kAround));
}

JsonObject& JsonObject::field(std::string_view name, std::string_view value) {
  key(name);
  put_json_string(out_, value);
  return *this;
}

JsonObject& JsonObject::field(std::string_view name, const Uuid& value) {
  key(name);
  put_plain(out_, value.text().view());
  return *this;
}

JsonObject& JsonObject::field(std::string_view name, Time value) {
  key(name);
  put_plain(out_, rfc3339_text(value).view());
  return *this;
}

JsonObject& JsonObject::field(std::string_view name, RawJson value) {
  key(name);
  out_.put(value.text);
  return *this;
}

JsonObject& JsonObject::field(std::string_view name, const Money& value) {
  key(name);
  out_.put("{\"amount\":");
  put_json_number(out_, value.amount);
  out_.put(",\"currency\":");
  put_json_string(out_, value.currency);
  out_.put('}');
  return *this;
}

}  // namespace orderflow::core
