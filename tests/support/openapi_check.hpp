#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/support/json_schema.hpp"

namespace orderflow::testing {

// Compares answers with an OpenAPI document. One thread at a time.
class OpenApi {
 public:
  explicit OpenApi(nlohmann::json document) : document_(std::move(document)) {}

  // What an answer breaks; empty when nothing. `path` is the request's, without the query. An
  // undocumented path, method or status is a problem, except that what is not there must say so:
  // 404 for a path, 405 for a method, both as problem documents.
  [[nodiscard]] std::string problem(const std::string& method, std::string_view path, int status,
                                    const std::string& body);

  // The template of a path, e.g. "/orders/{id}"; empty when there is none.
  [[nodiscard]] std::string route(std::string_view path) const;
  [[nodiscard]] const nlohmann::json& document() const { return document_; }

  // A reference resolves within the document it stands in, so a schema takes the others along.
  [[nodiscard]] nlohmann::json with_components(const nlohmann::json& schema) const;

 private:
  [[nodiscard]] std::string body_problem(const nlohmann::json& response, const std::string& body);
  [[nodiscard]] std::string json_problem(const nlohmann::json& schema, const std::string& body);

  nlohmann::json document_;
  std::map<std::string, std::unique_ptr<JsonSchema>> schemas_;  // by their text
};

// schemas/openapi/openapi.json of the source tree.
[[nodiscard]] OpenApi& openapi();

// What an answer breaks of openapi.json, with the answer; empty when nothing. From any thread.
[[nodiscard]] std::string answer_problem(const std::string& method, const std::string& path,
                                         int status, const std::string& body);

// Fails the current test (and lets it go on) when the answer is not as openapi.json says.
void check_answer(const std::string& method, const std::string& path, int status,
                  const std::string& body);

}  // namespace orderflow::testing
