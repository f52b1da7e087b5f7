#include "http-api/server/http.hpp"

#include <algorithm>
#include <array>
#include <boost/url/parse_query.hpp>

namespace orderflow::http_api {
namespace {

constexpr std::array<std::pair<std::string_view, Method>, 5> kMethods{
    {{"GET", Method::kGet},
     {"HEAD", Method::kHead},
     {"POST", Method::kPost},
     {"PUT", Method::kPut},
     {"DELETE", Method::kDelete}}};

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

std::string_view Request::header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (equals_ignoring_case(known, name)) return value;
  }
  return {};
}

Response json_response(std::string body, int status) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(
    std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  if (query.empty()) return pairs;  // Of most requests.
  const auto params = boost::urls::parse_query(query);
  if (!params) return std::nullopt;
  boost::urls::encoding_opts form;
  form.space_as_plus = true;
  for (const auto param : *params) {
    if (param.key.empty() && !param.has_value) continue;  // a=1&&b=2
    pairs.emplace_back(param.key.decode(form), param.value.decode(form));
  }
  return pairs;
}

}  // namespace orderflow::http_api
