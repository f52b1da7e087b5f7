#include "tools/arguments.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "core/values/failure.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/page.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kOperatorName{.characters_max = 100};

bool contains(std::initializer_list<std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

ToolArguments::ToolArguments(const core::Config& config, std::span<const std::string> arguments,
                             std::initializer_list<std::string_view> options,
                             std::initializer_list<std::string_view> switches,
                             std::string_view usage)
    : config_(config), usage_(usage) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!arguments[i].starts_with("--")) {
      words_.push_back(arguments[i]);
      continue;
    }
    const auto equals = arguments[i].find('=');
    const std::string name =
        arguments[i].substr(2, equals == std::string::npos ? equals : equals - 2);
    if (equals == std::string::npos && contains(switches, name)) {
      switches_.insert(name);
      continue;
    }
    if (equals == std::string::npos && i + 1 == arguments.size()) {
      refuse_usage("--" + name + " needs a value");
    }
    const std::string value =
        equals == std::string::npos ? arguments[++i] : arguments[i].substr(equals + 1);
    if (contains(options, name)) {
      options_[name] = value;
    } else {
      config_ = config_.with({{name, value}});
    }
  }
}

std::string ToolArguments::option(std::string_view name) const {
  const auto found = options_.find(name);
  return found == options_.end() ? std::string() : found->second;
}

bool ToolArguments::has(std::string_view name) const { return switches_.contains(name); }

std::vector<core::Uuid> ToolArguments::ids() const {
  std::vector<core::Uuid> ids;
  for (std::size_t i = 1; i < words_.size(); ++i) {
    const auto id = core::Uuid::parse(words_[i]);
    if (!id) refuse_usage("'" + words_[i] + "' is no id");
    ids.push_back(*id);
  }
  return ids;
}

int ToolArguments::limit() const {
  const std::string text = option("limit");
  if (text.empty()) return kPageLimitDefault;
  int limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || limit < 1 || limit > kPageLimitMax) {
    refuse_usage("--limit must be a number from 1 to " + std::to_string(kPageLimitMax));
  }
  return limit;
}

domain::Operator ToolArguments::who() const {
  std::string name = option("actor");
  if (name.empty()) {
    const char* user = std::getenv("USER");
    name = user == nullptr || *user == '\0' ? "operator" : user;
  }
  if (!is_valid_utf8(name) || !check_text(name, kOperatorName).empty()) {
    refuse_usage("--actor must be a name of 1 to 100 characters");
  }
  return {name, {"cli-" + core::new_uuid_v7().to_string(), core::new_traceparent()}};
}

void ToolArguments::refuse_usage(const std::string& what) const {
  throw core::BadConfiguration(what + "\n" + usage_);
}

}  // namespace orderflow::http_api
