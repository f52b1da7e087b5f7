#include "http-api/body_reader.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace orderflow::http_api {
namespace {

using nlohmann::json;

// Enough to mend a body; an answer must not grow with what was sent.
constexpr std::size_t kErrorsMax = 20;

bool is_continuation(unsigned char byte) { return (byte & 0xc0U) == 0x80U; }

// Control characters: C0, DEL, C1 (two bytes, 0xc2 0x80 to 0xc2 0x9f).
bool has_control(std::string_view text, bool multiline) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (multiline && (byte == '\n' || byte == '\t' || byte == '\r')) continue;
    if (byte < 0x20 || byte == 0x7f) return true;
    const bool c1_lead = byte == 0xc2 && i + 1 < text.size();
    if (c1_lead && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
  }
  return false;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return !is_continuation(static_cast<unsigned char>(c));
  }));
}

// Length of the sequence that starts with this byte; 0 when none may.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

// Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
bool second_byte_fits(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xe0: return second >= 0xa0;
    case 0xed: return second <= 0x9f;
    case 0xf0: return second >= 0x90;
    case 0xf4: return second <= 0x8f;
    default: return true;
  }
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = sequence_length(lead);
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if (!is_continuation(static_cast<unsigned char>(text[i + k]))) return false;
    }
    if (length > 1 && !second_byte_fits(lead, static_cast<unsigned char>(text[i + 1])))
      return false;
    i += length;
  }
  return true;
}

std::string_view first_bytes(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && is_continuation(static_cast<unsigned char>(text[bytes_max]))) --bytes_max;
  return text.substr(0, bytes_max);
}

std::string check_text(std::string_view text, const TextRule& rule) {
  if (!rule.may_be_empty && text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return "must not be empty";
  }
  if (count_characters(text) > rule.characters_max) {
    return "must have at most " + std::to_string(rule.characters_max) + " characters";
  }
  if (has_control(text, rule.multiline)) return "must not contain control characters";
  return {};
}

BodyReader::BodyReader(const json& object, std::vector<FieldError>& errors, std::string pointer)
    : object_(object), errors_(errors), pointer_(std::move(pointer)) {
  if (!object_.is_object() && errors_.size() < kErrorsMax) {
    errors_.push_back({pointer_, "must be an object"});
  }
}

std::string BodyReader::pointer_to(std::string_view name) const {
  std::string pointer = pointer_ + "/";
  for (const char c : first_bytes(name, 100)) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

void BodyReader::error(const std::string& name, std::string detail) {
  if (errors_.size() < kErrorsMax) errors_.push_back({pointer_to(name), std::move(detail)});
}

const json* BodyReader::raw(const char* name) {
  asked_.insert(name);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

const json* BodyReader::find(const char* name, Presence presence) {
  const json* value = raw(name);
  if (value == nullptr && presence == Presence::kRequired && object_.is_object()) {
    error(name, "is required");
  }
  return value;
}

std::optional<std::string> BodyReader::text(const char* name, const TextRule& rule,
                                            Presence presence) {
  const json* value = find(name, presence);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    error(name, "must be a string");
    return std::nullopt;
  }
  const auto& text = value->get_ref<const std::string&>();
  if (auto problem = check_text(text, rule); !problem.empty()) {
    error(name, std::move(problem));
    return std::nullopt;
  }
  return text;
}

std::optional<core::Uuid> BodyReader::uuid(const char* name, Presence presence) {
  const json* value = find(name, presence);
  if (value == nullptr) return std::nullopt;
  std::optional<core::Uuid> id;
  if (value->is_string()) id = core::Uuid::parse(value->get_ref<const std::string&>());
  if (!id) error(name, "must be a UUID");
  return id;
}

std::optional<std::int64_t> BodyReader::integer(const char* name, std::int64_t minimum,
                                                std::int64_t maximum, Presence presence) {
  const json* value = find(name, presence);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number_integer()) {
    error(name, "must be a whole number");
    return std::nullopt;
  }
  constexpr auto kHighest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool too_large = value->is_number_unsigned() && value->get<std::uint64_t>() > kHighest;
  const auto number = too_large ? 0 : value->get<std::int64_t>();
  if (too_large || number < minimum || number > maximum) {
    error(name, "must be from " + std::to_string(minimum) + " to " + std::to_string(maximum));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> BodyReader::boolean(const char* name, Presence presence) {
  const json* value = find(name, presence);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) {
    error(name, "must be true or false");
    return std::nullopt;
  }
  return value->get<bool>();
}

std::optional<std::string> BodyReader::currency(const char* name) {
  const json* value = find(name, Presence::kRequired);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string() || !core::is_currency_code(value->get_ref<const std::string&>())) {
    error(name, "must be a currency code of three capital letters");
    return std::nullopt;
  }
  return value->get<std::string>();
}

std::optional<core::Money> BodyReader::money(const char* name, std::int64_t minimum,
                                             Presence presence) {
  const json* value = object(name, presence);
  if (value == nullptr) return std::nullopt;
  BodyReader reader(*value, errors_, pointer_to(name));
  const auto amount = reader.integer("amount", minimum, std::numeric_limits<std::int64_t>::max());
  auto code = reader.currency("currency");
  reader.finish();
  if (!amount || !code) return std::nullopt;
  return core::Money{*amount, std::move(*code)};
}

const json* BodyReader::object(const char* name, Presence presence) {
  const json* value = find(name, presence);
  if (value == nullptr) return nullptr;
  if (value->is_object()) return value;
  error(name, "must be an object");
  return nullptr;
}

const json* BodyReader::array(const char* name) {
  const json* value = find(name, Presence::kRequired);
  if (value == nullptr) return nullptr;
  if (value->is_array()) return value;
  error(name, "must be an array");
  return nullptr;
}

void BodyReader::finish() {
  if (!object_.is_object()) return;
  for (const auto& [name, value] : object_.items()) {
    if (!asked_.contains(name)) error(name, "is not a known field");
  }
}

}  // namespace orderflow::http_api
