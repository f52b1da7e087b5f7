#include "tests/support/openapi_check.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cctype>
#include <mutex>
#include <vector>

#include "tests/support/process.hpp"

namespace orderflow::testing {
namespace {

using nlohmann::json;

// What the server may say before it knows the route.
constexpr std::array kBeforeRouting{400, 408, 413, 431, 503};

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (true) {
    const auto slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

bool fits(std::string_view pattern, std::string_view path) {
  const auto wanted = segments_of(pattern);
  const auto given = segments_of(path);
  return std::equal(wanted.begin(), wanted.end(), given.begin(), given.end(),
                    [](std::string_view want, std::string_view have) {
                      return want == have || (is_parameter(want) && !have.empty());
                    });
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool looks_like_json(const std::string& body) {
  const auto first = body.find_first_not_of(" \r\n\t");
  return first != std::string::npos && (body[first] == '{' || body[first] == '[');
}

const json* json_schema_of(const json& content) {
  for (const auto& [type, media] : content.items()) {
    if (type.find("json") != std::string::npos) return &media.at("schema");
  }
  return nullptr;
}

}  // namespace

std::string OpenApi::route(std::string_view path) const {
  std::string found;
  for (const auto& [pattern, item] : document_.at("paths").items()) {
    // A literal path wins over one with a parameter in the same place.
    if (fits(pattern, path) && (found.empty() || pattern.find('{') == std::string::npos)) {
      found = pattern;
    }
  }
  return found;
}

json OpenApi::with_components(const json& schema) const {
  return {{"allOf", json::array({schema})},
          {"components", {{"schemas", document_.at("components").at("schemas")}}}};
}

std::string OpenApi::json_problem(const json& schema, const std::string& body) {
  const json value = json::parse(body, nullptr, false);
  if (value.is_discarded()) return "the body is not JSON\n";
  auto& parsed = schemas_[schema.dump()];
  if (!parsed) parsed = std::make_unique<JsonSchema>(with_components(schema));
  return parsed->problems(value);
}

std::string OpenApi::body_problem(const json& response, const std::string& body) {
  const auto content = response.find("content");
  if (content == response.end()) {
    return body.empty() ? std::string{} : "it has a body, none is documented\n";
  }
  const json* schema = json_schema_of(*content);
  const bool text_is_documented = schema == nullptr || content->size() > 1;
  if (text_is_documented && !looks_like_json(body)) return {};
  if (schema == nullptr) return "it is JSON, which is not documented\n";
  return json_problem(*schema, body);
}

std::string OpenApi::problem(const std::string& method, std::string_view path, int status,
                             const std::string& body) {
  const bool head = method == "HEAD";
  if (head && !body.empty()) return "an answer to HEAD has a body\n";
  const json problem_schema{{"$ref", "#/components/schemas/Problem"}};
  const auto as_problem = [&] { return head ? std::string{} : json_problem(problem_schema, body); };
  const bool before_routing =
      std::find(kBeforeRouting.begin(), kBeforeRouting.end(), status) != kBeforeRouting.end();
  const std::string pattern = route(path);
  if (pattern.empty()) {
    if (status == 404 || before_routing) return as_problem();
    return "the path is not documented\n";
  }
  const json& item = document_.at("paths").at(pattern);
  const auto operation = item.find(head ? "get" : lower(method));
  if (operation == item.end()) {
    if (status == 405 || before_routing) return as_problem();
    return pattern + " does not document the method\n";
  }
  const json& responses = operation->at("responses");
  const auto response = responses.find(std::to_string(status));
  if (response == responses.end()) return pattern + " does not document the status\n";
  if (head) return {};
  const auto reference = response->find("$ref");
  if (reference == response->end()) return body_problem(*response, body);
  const json::json_pointer target(reference->get<std::string>().substr(1));
  return body_problem(document_.at(target), body);
}

OpenApi& openapi() {
  static OpenApi document(
      json::parse(read_text(ORDERFLOW_SOURCE_DIR "/schemas/openapi/openapi.json")));
  return document;
}

std::string answer_problem(const std::string& method, const std::string& path, int status,
                           const std::string& body) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const std::string problem = openapi().problem(method, path, status, body);
  if (problem.empty()) return {};
  return method + ' ' + path + " answered " + std::to_string(status) +
         ", which is not as openapi.json says: " + problem + body.substr(0, 2000);
}

void check_answer(const std::string& method, const std::string& path, int status,
                  const std::string& body) {
  const std::string problem = answer_problem(method, path, status, body);
  if (!problem.empty()) FAIL_CHECK(problem);
}

}  // namespace orderflow::testing
