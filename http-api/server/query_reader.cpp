#include "http-api/server/query_reader.hpp"

#include <simdjson.h>

#include <algorithm>

#include "core/values/number.hpp"
#include "core/values/utf8.hpp"
#include "http-api/server/body_reader.hpp"

namespace orderflow::http_api {
namespace {

// More than any route reads. Each is compared with all others.
constexpr std::size_t kQueryParametersMax = 32;

}  // namespace

QueryReader::QueryReader(const RequestContext& context) : path_(context.request.path) {
  auto pairs = parse_query(context.request.query);
  if (!pairs) {
    unreadable_ = bad_request("The query has a broken % escape; a % itself is written %25.");
    return;
  }
  if (pairs->size() > kQueryParametersMax) {
    unreadable_ = bad_request("The query has more parameters than any route reads; leave out " +
                              std::to_string(pairs->size() - kQueryParametersMax) + ".");
    return;
  }
  for (auto& [name, value] : *pairs) {
    if (!simdjson::validate_utf8(name) || !simdjson::validate_utf8(value) ||
        value.find('\0') != std::string::npos) {
      unreadable_ = bad_request("The query is not valid UTF-8 text.");
      return;
    }
    const bool twice = std::any_of(parameters_.begin(), parameters_.end(),
                                   [&](const auto& seen) { return seen.name == name; });
    if (twice) error(name, "is given twice");
    parameters_.push_back({std::move(name), std::move(value)});
  }
}

void QueryReader::error(std::string_view name, std::string detail) {
  if (errors_.size() < kFieldErrorsMax)
    errors_.push_back({std::string(core::first_bytes(name, 64)), std::move(detail)});
}

std::optional<std::string> QueryReader::text(std::string_view name) {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [&](const auto& parameter) { return parameter.name == name; });
  if (found == parameters_.end()) return std::nullopt;
  for (auto& parameter : parameters_) parameter.known |= parameter.name == name;
  return found->value;
}

std::optional<core::Uuid> QueryReader::uuid(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto id = core::Uuid::parse(*value);
  if (!id) error(name, "must be a UUID");
  return id;
}

std::optional<core::Time> QueryReader::time(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto parsed = core::parse_rfc3339(*value);
  if (!parsed) error(name, "must be an RFC 3339 time, e.g. 2026-01-31T09:30:00Z");
  return parsed;
}

std::optional<bool> QueryReader::boolean(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  if (*value == "true") return true;
  if (*value == "false") return false;
  error(name, "must be true or false");
  return std::nullopt;
}

std::optional<int> QueryReader::integer(std::string_view name, int least, int most) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto number = core::parse_number<int>(*value);
  if (number && *number >= least && *number <= most) return number;
  error(name,
        "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return std::nullopt;
}

std::chrono::seconds QueryReader::wait(std::chrono::seconds most) {
  return std::chrono::seconds{integer("wait", 0, static_cast<int>(most.count())).value_or(0)};
}

PageRequest QueryReader::page() {
  PageRequest page;
  page.limit = integer("limit", 1, kPageLimitMax).value_or(kPageLimitDefault);
  const auto token = text("page_token");
  std::vector<std::string> filters;
  for (const auto& [name, value, known] : parameters_) {
    if (name != "limit" && name != "page_token") filters.push_back(name + "=" + value);
  }
  std::sort(filters.begin(), filters.end());
  page.list = path_;
  for (const auto& filter : filters) page.list.append("\n").append(filter);
  if (!token) return page;
  page.after = decode_page_token(page.list, *token);
  if (!page.after) error("page_token", "is not a token of this list with these filters");
  return page;
}

std::optional<Problem> QueryReader::finish() {
  if (unreadable_) return unreadable_;
  for (const auto& parameter : parameters_) {
    if (!parameter.known) error(parameter.name, "is not a known parameter");
  }
  if (errors_.empty()) return std::nullopt;
  return bad_request("The query is wrong; see errors.", std::move(errors_));
}

}  // namespace orderflow::http_api
