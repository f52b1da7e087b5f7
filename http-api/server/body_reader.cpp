#include "http-api/server/body_reader.hpp"

#include <algorithm>
#include <limits>

#include "core/values/utf8.hpp"

namespace orderflow::http_api {
namespace {

using core::JsonValue;

// Whether a control character starts at `i`: C0, DEL, C1 (two bytes, 0xc2 0x80 to 0xc2 0x9f).
bool is_control_at(std::string_view text, std::size_t i, bool multiline) {
  const auto byte = static_cast<unsigned char>(text[i]);
  if (multiline && (byte == '\n' || byte == '\t' || byte == '\r')) return false;
  if (byte < 0x20 || byte == 0x7f) return true;
  return byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
}

struct Look {
  std::size_t characters = 0;
  bool has_control = false;
};

Look look_at(std::string_view text, bool multiline) {
  Look look;
  for (std::size_t i = 0; i < text.size(); ++i) {
    look.characters += core::is_continuation(static_cast<unsigned char>(text[i])) ? 0 : 1;
    look.has_control |= is_control_at(text, i, multiline);
  }
  return look;
}

}  // namespace

std::string check_text(std::string_view text, const TextRule& rule) {
  if (!rule.may_be_empty && text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return "must not be empty";
  }
  const Look look = look_at(text, rule.multiline);
  if (look.characters > rule.characters_max) {
    return "must have at most " + std::to_string(rule.characters_max) + " characters";
  }
  if (look.has_control) return "must not contain control characters";
  return {};
}

BodyReader::BodyReader(JsonValue object, std::vector<FieldError>& errors, std::string pointer)
    : is_object_(object.is_object()),
      members_(object),
      errors_(errors),
      pointer_(std::move(pointer)) {
  if (!is_object_ && errors_.size() < kFieldErrorsMax) {
    errors_.push_back({pointer_, "must be an object"});
  }
}

std::string BodyReader::pointer_to(std::string_view name) const {
  std::string pointer = pointer_ + "/";
  for (const char c : core::first_bytes(name, 100)) {
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

void BodyReader::error(std::string_view name, std::string detail) {
  if (errors_.size() < kFieldErrorsMax) errors_.push_back({pointer_to(name), std::move(detail)});
}

std::optional<JsonValue> BodyReader::find(const char* name, Presence presence) {
  const auto value = members_.find(name);
  if (!value && presence == Presence::kRequired && is_object_) error(name, "is required");
  return value;
}

std::optional<std::string> BodyReader::text(const char* name, const TextRule& rule,
                                            Presence presence) {
  const auto value = find(name, presence);
  if (!value) return std::nullopt;
  const auto text = core::string_of(*value);
  auto problem = text ? check_text(*text, rule) : "must be a string";
  if (problem.empty()) return std::string(*text);
  error(name, std::move(problem));
  return std::nullopt;
}

std::optional<core::Uuid> BodyReader::uuid(const char* name, Presence presence) {
  const auto value = find(name, presence);
  if (!value) return std::nullopt;
  const auto text = core::string_of(*value);
  const auto id = text ? core::Uuid::parse(*text) : std::nullopt;
  if (!id) error(name, "must be a UUID");
  return id;
}

std::optional<std::int64_t> BodyReader::integer(const char* name, std::int64_t minimum,
                                                std::int64_t maximum, Presence presence) {
  const auto value = find(name, presence);
  if (!value) return std::nullopt;
  if (!value->is_int64() && !value->is_uint64()) {
    error(name, "must be a whole number");
    return std::nullopt;
  }
  std::int64_t number = 0;
  // Fails for what 64 bits with a sign do not hold.
  const bool fits = value->get(number) == simdjson::SUCCESS;
  if (!fits || number < minimum || number > maximum) {
    error(name, "must be from " + std::to_string(minimum) + " to " + std::to_string(maximum));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> BodyReader::boolean(const char* name, Presence presence) {
  const auto value = find(name, presence);
  if (!value) return std::nullopt;
  bool set = false;
  if (value->get(set) == simdjson::SUCCESS) return set;
  error(name, "must be true or false");
  return std::nullopt;
}

std::optional<std::string> BodyReader::currency(const char* name) {
  const auto value = find(name, Presence::kRequired);
  if (!value) return std::nullopt;
  const auto code = core::string_of(*value);
  if (code && core::is_currency_code(*code)) return std::string(*code);
  error(name, "must be a currency code of three capital letters");
  return std::nullopt;
}

std::optional<core::Money> BodyReader::money(const char* name, std::int64_t minimum,
                                             Presence presence) {
  const auto value = object(name, presence);
  if (!value) return std::nullopt;
  BodyReader reader(*value, errors_, pointer_to(name));
  const auto amount = reader.integer("amount", minimum, std::numeric_limits<std::int64_t>::max());
  auto code = reader.currency("currency");
  reader.finish();
  if (!amount || !code) return std::nullopt;
  return core::Money{*amount, std::move(*code)};
}

std::optional<JsonValue> BodyReader::object(const char* name, Presence presence) {
  const auto value = find(name, presence);
  if (!value || value->is_object()) return value;
  error(name, "must be an object");
  return std::nullopt;
}

std::optional<simdjson::dom::array> BodyReader::array(const char* name) {
  const auto value = find(name, Presence::kRequired);
  if (!value) return std::nullopt;
  simdjson::dom::array array;
  if (value->get(array) == simdjson::SUCCESS) return array;
  error(name, "must be an array");
  return std::nullopt;
}

void BodyReader::finish() {
  for (const auto name : members_.unasked()) error(name, "is not a known field");
}

}  // namespace orderflow::http_api
