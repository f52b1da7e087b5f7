#include "compose/arguments.hpp"

#include "core/values/failure.hpp"
#include "core/values/number.hpp"

namespace orderflow::compose {

Arguments::Arguments(std::span<const std::string> words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    const std::string name = words[i].substr(0, equals);
    std::optional<std::string> value;
    if (equals != std::string::npos) {
      value = words[i].substr(equals + 1);
    } else if (i + 1 < words.size() && !words[i + 1].starts_with("--")) {
      value = words[++i];
    }
    if (!values_.emplace(name, std::move(value)).second) {
      throw core::BadConfiguration(name + " is given twice");
    }
  }
}

bool Arguments::take_flag(const std::string& name) {
  const auto found = values_.extract(name);
  if (found.empty()) return false;
  if (found.mapped()) throw core::BadConfiguration(name + " takes no value");
  return true;
}

std::optional<std::string> Arguments::take_text(const std::string& name) {
  const auto found = values_.extract(name);
  if (found.empty()) return std::nullopt;
  if (!found.mapped() || found.mapped()->empty()) {
    throw core::BadConfiguration(name + " needs a value");
  }
  return found.mapped();
}

std::string Arguments::require_text(const std::string& name) {
  auto text = take_text(name);
  if (!text) throw core::BadConfiguration(name + " is required");
  return *std::move(text);
}

std::optional<int> Arguments::take_number(const std::string& name, int max) {
  const auto text = take_text(name);
  if (!text) return std::nullopt;
  const auto number = core::parse_number<int>(*text);
  if (!number || *number < 1 || *number > max) {
    throw core::BadConfiguration(name + " is '" + *text + "'; it must be a number from 1 to " +
                                 std::to_string(max));
  }
  return number;
}

int Arguments::require_number(const std::string& name, int max) {
  const auto number = take_number(name, max);
  if (!number) throw core::BadConfiguration(name + " is required");
  return *number;
}

void Arguments::refuse_others() const {
  if (!values_.empty())
    throw core::BadConfiguration("unknown word '" + values_.begin()->first + "'");
}

}  // namespace orderflow::compose
