#include "http-api/server/http.hpp"

#include <algorithm>
#include <array>
#include <boost/url/pct_string_view.hpp>

namespace orderflow::http_api {
namespace {

constexpr std::array<std::pair<std::string_view, Method>, 5> kMethods{
    {{"GET", Method::kGet},
     {"HEAD", Method::kHead},
     {"POST", Method::kPost},
     {"PUT", Method::kPut},
     {"DELETE", Method::kDelete}}};

// As HTML forms escape it: '+' is a space. Characters that RFC 3986 wants escaped, which people
// often leave as they are, stay.
std::optional<std::string> form_decoded(std::string_view text) {
  const auto escaped = boost::urls::make_pct_string_view(text);
  if (!escaped) return std::nullopt;
  boost::urls::encoding_opts form;
  form.space_as_plus = true;
  return escaped->decode(form);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

Method parse_method(std::string_view name) {
  for (const auto& [text, method] : kMethods) {
    if (text == name) return method;
  }
  return Method::kOther;
}

std::string_view name_of(Method method) {
  for (const auto& [text, candidate] : kMethods) {
    if (candidate == method) return text;
  }
  return "OTHER";
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string list_of(const HeaderList& headers, std::string_view name) {
  std::string list;
  for (const auto& [known, value] : headers) {
    if (equals_ignoring_case(known, name)) list.append(list.empty() ? "" : ", ").append(value);
  }
  return list;
}

bool Request::has_header(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [name](const auto& header) {
    return equals_ignoring_case(header.first, name);
  });
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (equals_ignoring_case(known, name)) return value;
  }
  return {};
}

std::string Request::header_list(std::string_view name) const { return list_of(headers, name); }

Response json_response(std::string body, int status) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;  // a=1&&b=2
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = form_decoded(pair.substr(0, equals));
    auto value = form_decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return std::nullopt;
    pairs.emplace_back(std::move(*name), std::move(*value));
  }
  return pairs;
}

}  // namespace orderflow::http_api
