#include "core/json/document.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/json/text.hpp"

namespace orderflow::core {
namespace {

using simdjson::dom::element_type;

// What a parser starts with; most messages are smaller.
constexpr std::size_t kUsualBytes = 4096;
// The library has room for at least that much.
constexpr std::size_t kLeastBytes = 64;
constexpr std::size_t kUsualTextBytes = 240;
// More than any other limit in the program.
constexpr std::size_t kLevelsMaxOfAny = 64;

constexpr std::string_view kTrue = "true";
constexpr std::string_view kFalse = "false";

JsonFault fault_of(simdjson::error_code error) {
  switch (error) {
    case simdjson::CAPACITY: return JsonFault::kTooLarge;
    case simdjson::DEPTH_ERROR: return JsonFault::kTooDeep;
    case simdjson::MEMALLOC: throw std::bad_alloc();
    default: return JsonFault::kNotJson;
  }
}

void put_array(TextBuilder& out, const simdjson::dom::array& array) {
  out.put('[');
  bool first = true;
  for (const JsonValue value : array) {
    if (!first) out.put(',');
    first = false;
    put_canonical(out, value);
  }
  out.put(']');
}

void put_object(TextBuilder& out, JsonValue object) {
  JsonMembers members(object);
  members.make_canonical();
  out.put('{');
  bool first = true;
  for (const auto& member : members) {
    if (!first) out.put(',');
    first = false;
    put_json_string(out, member.name);
    out.put(':');
    put_canonical(out, member.value);
  }
  out.put('}');
}

// The next three look at text that was parsed, so that no end is missing.

// Where the string that begins at `at` has ended.
std::size_t behind_string(std::string_view text, std::size_t at) {
  while (true) {
    at = text.find('"', at + 1);
    auto escapes = at;
    while (text[escapes - 1] == '\\') --escapes;
    if ((at - escapes) % 2 == 0) return at + 1;
  }
}

// The comma or brace behind the member's value that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  for (int level = 0;; ++at) {
    while (text[at] == '"') at = behind_string(text, at);
    const char c = text[at];
    if (level == 0 && (c == ',' || c == '}')) return at;
    if (c == '{' || c == '[') ++level;
    if (c == '}' || c == ']') --level;
  }
}

std::string without_white_space(std::string_view text) {
  std::string out(text.size(), '\0');
  auto size = out.size();
  if (simdjson::minify(text.data(), text.size(), out.data(), size) != simdjson::SUCCESS)
    std::abort();
  out.resize(size);
  return out;
}

}  // namespace

JsonParser::JsonParser(std::size_t bytes_max, std::size_t levels_max)
    : bytes_max_(bytes_max), levels_max_(levels_max), parser_(std::max(bytes_max, kLeastBytes)) {}

tl::expected<JsonValue, JsonFault> JsonParser::parse(std::string_view text) {
  return parse(text, parser_.doc);
}

tl::expected<JsonValue, JsonFault> JsonParser::parse(std::string_view text,
                                                     JsonDocument& document) {
  if (text.size() > bytes_max_) return tl::unexpected(JsonFault::kTooLarge);
  if (parser_.capacity() == 0) {
    // simdjson refuses the level that it is given as its maximum.
    const auto error =
        parser_.allocate(std::min(kUsualBytes, parser_.max_capacity()), levels_max_ + 1);
    if (error != simdjson::SUCCESS) return tl::unexpected(fault_of(error));
  }
  const auto parsed = parser_.parse_into_document(document, text.data(), text.size());
  if (parsed.error() != simdjson::SUCCESS) return tl::unexpected(fault_of(parsed.error()));
  return document.root();
}

std::optional<std::string_view> string_of(JsonValue value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

JsonMembers::JsonMembers(JsonValue object) {
  simdjson::dom::object fields;
  if (object.get(fields) != simdjson::SUCCESS) return;
  members_.reserve(kUsualCount);
  for (const auto& [name, value] : fields) members_.push_back({name, value});
}

std::optional<std::size_t> JsonMembers::index_of(std::string_view name) const {
  for (std::size_t i = members_.size(); i-- > 0;) {
    if (members_[i].name == name) return i;
  }
  return std::nullopt;
}

std::optional<JsonValue> JsonMembers::find(std::string_view name) {
  const auto index = index_of(name);
  if (!index) return std::nullopt;
  members_[*index].asked = true;
  return members_[*index].value;
}

std::vector<std::string_view> JsonMembers::unasked() const {
  std::vector<std::string_view> names;
  const auto was_asked = [](const Member& member) { return member.asked; };
  if (std::all_of(members_.begin(), members_.end(), was_asked)) return names;
  std::vector<std::string_view> asked;
  for (const auto& member : members_) (member.asked ? asked : names).push_back(member.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  // The earlier ones of a repeated name.
  std::erase_if(names, [&asked](std::string_view name) {
    return std::find(asked.begin(), asked.end(), name) != asked.end();
  });
  return names;
}

void JsonMembers::make_canonical() {
  const auto not_before = [](const Member& a, const Member& b) { return a.name >= b.name; };
  if (std::adjacent_find(members_.begin(), members_.end(), not_before) == members_.end()) return;
  const auto before = [](const Member& a, const Member& b) { return a.name < b.name; };
  std::stable_sort(members_.begin(), members_.end(), before);
  // From behind, so that the last of a name stays.
  const auto equal = [](const Member& a, const Member& b) { return a.name == b.name; };
  const auto kept = std::unique(members_.rbegin(), members_.rend(), equal);
  members_.erase(members_.begin(), kept.base());
}

std::string member_text(std::string_view object, std::size_t index) {
  std::size_t at = object.find('{') + 1;
  while (true) {
    at = object.find(':', behind_string(object, object.find('"', at))) + 1;
    const auto end = end_of_value(object, at);
    if (index-- == 0) return without_white_space(object.substr(at, end - at));
    at = end + 1;
  }
}

bool has_null_character(JsonValue value) {
  const auto in_text = [](std::string_view text) { return text.find('\0') != text.npos; };
  if (const auto text = string_of(value)) return in_text(*text);
  if (value.is_array()) {
    const auto items = value.get_array().value_unsafe();
    return std::any_of(items.begin(), items.end(), has_null_character);
  }
  if (!value.is_object()) return false;
  const auto members = value.get_object().value_unsafe();
  return std::any_of(members.begin(), members.end(), [&](const auto& member) {
    return in_text(member.key) || has_null_character(member.value);
  });
}

void put_canonical(TextBuilder& out, JsonValue value) {
  switch (value.type()) {
    case element_type::OBJECT: put_object(out, value); break;
    case element_type::ARRAY: put_array(out, value.get_array().value_unsafe()); break;
    case element_type::STRING: put_json_string(out, value.get_string().value_unsafe()); break;
    case element_type::INT64: put_json_number(out, value.get_int64().value_unsafe()); break;
    case element_type::UINT64: put_json_number(out, value.get_uint64().value_unsafe()); break;
    // Rare. Stored idempotency keys depend on this spelling.
    case element_type::DOUBLE:
      out.put(nlohmann::json(value.get_double().value_unsafe()).dump());
      break;
    case element_type::BOOL: out.put(value.get_bool().value_unsafe() ? kTrue : kFalse); break;
    case element_type::NULL_VALUE: out.put("null"); break;
  }
}

bool is_true_in(std::string_view text, std::string_view name) {
  JsonParser parser(text.size(), kLevelsMaxOfAny);
  const auto object = parser.parse(text);
  const auto value = object ? JsonMembers(*object).find(name) : std::nullopt;
  bool set = false;
  return value && value->get(set) == simdjson::SUCCESS && set;
}

std::string canonical_text(JsonValue value) {
  TextBuilder out(kUsualTextBytes);
  put_canonical(out, value);
  return out.take();
}

}  // namespace orderflow::core
