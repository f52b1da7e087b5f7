#include "core/json/document.hpp"

#include <algorithm>
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

std::optional<JsonValue> JsonMembers::find(std::string_view name) {
  const auto named = [name](const Member& member) { return member.name == name; };
  const auto found = std::find_if(members_.rbegin(), members_.rend(), named);
  if (found == members_.rend()) return std::nullopt;
  found->asked = true;
  return found->value;
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

void put_canonical(TextBuilder& out, JsonValue value) {
  switch (value.type()) {
    case element_type::OBJECT: put_object(out, value); break;
    case element_type::ARRAY: put_array(out, value.get_array().value_unsafe()); break;
    case element_type::STRING: put_json_string(out, value.get_string().value_unsafe()); break;
    case element_type::INT64: put_json_number(out, value.get_int64().value_unsafe()); break;
    case element_type::UINT64: put_json_number(out, value.get_uint64().value_unsafe()); break;
    // Rare, and to be written as what reads events back from the database writes it.
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
