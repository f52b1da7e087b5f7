// openapi.json is sound in itself, and the check of answers notices what it must.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cctype>
#include <regex>
#include <set>
#include <string>

#include "schemas/embedded.hpp"
#include "tests/support/openapi_check.hpp"
#include "tests/support/source_tree.hpp"

namespace orderflow::testing {
namespace {

using nlohmann::json;

void collect_references(const json& node, std::set<std::string>& found) {
  if (node.is_object() && node.contains("$ref")) found.insert(node.at("$ref"));
  for (const auto& child : node) {
    if (child.is_structured()) collect_references(child, found);
  }
}

TEST_CASE("every reference in openapi.json leads somewhere and every part is used") {
  const json& document = openapi().document();
  std::set<std::string> references;
  collect_references(document, references);
  CHECK(references.size() > 30);
  for (const auto& reference : references) {
    INFO(reference);
    CHECK(document.contains(json::json_pointer(reference.substr(1))));
  }
  for (const auto& [kind, parts] : document.at("components").items()) {
    if (kind == "securitySchemes") continue;
    for (const auto& [name, part] : parts.items()) {
      INFO(kind << " " << name);
      CHECK(references.contains("#/components/" + kind + "/" + name));
    }
  }
}

TEST_CASE("every example in openapi.json fits its schema") {
  const json& schemas = openapi().document().at("components").at("schemas");
  int examples = 0;
  for (const auto& [name, schema] : schemas.items()) {
    const JsonSchema parsed(openapi().with_components(schema));
    for (const auto& example : schema.value("examples", json::array())) {
      const std::string problems = parsed.problems(example);
      INFO(name << " " << example.dump() << " " << problems);
      CHECK(problems.empty());
      ++examples;
    }
  }
  CHECK(examples > 25);
}

TEST_CASE("every operation says how it fails and carries the correlation id") {
  for (const auto& [path, item] : openapi().document().at("paths").items()) {
    for (const auto& [method, operation] : item.items()) {
      INFO(method << " " << path);
      // What the server refuses before it looks at the route.
      for (const char* status : {"400", "408", "413", "414", "417", "431", "500", "501", "503"}) {
        CHECK(operation.at("responses").contains(status));
      }
      if (path.find("{id}") != std::string::npos) CHECK(operation.at("responses").contains("404"));
      if (operation.contains("requestBody")) {
        for (const char* status : {"413", "415", "422"}) {
          CHECK(operation.at("responses").contains(status));
        }
      }
      if (method == "post") {
        CHECK(operation.dump().find("IdempotencyKey") != std::string::npos);
      }
      CHECK(operation.dump().find("#/components/parameters/Correlation") != std::string::npos);
    }
  }
}

// "get /orders/{id}" for each route in the front ends' tables.
std::set<std::string> routes_in_code() {
  static const std::regex route(
      R"re(Method::k(Get|Post|Put|Delete),\s*"(/[^"]*)"|\b(get)\("(/[^"]*)")re");
  std::set<std::string> routes;
  for (const auto& file : source_files()) {
    if (file.folder != "http-api") continue;
    const std::sregex_iterator end;
    for (std::sregex_iterator it(file.text.begin(), file.text.end(), route); it != end; ++it) {
      std::string method = (*it)[1].matched ? (*it)[1] : (*it)[3];
      std::transform(method.begin(), method.end(), method.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      routes.insert(method + " " + ((*it)[2].matched ? (*it)[2].str() : (*it)[4].str()));
    }
  }
  return routes;
}

TEST_CASE("openapi.json documents the routes of the program, and no others") {
  std::set<std::string> documented;
  for (const auto& [path, item] : openapi().document().at("paths").items()) {
    for (const auto& [method, operation] : item.items()) documented.insert(method + " " + path);
  }
  CHECK(documented == routes_in_code());
}

TEST_CASE("the program carries openapi.json as it is in the source tree") {
  CHECK(schemas::openapi_document() == source_text("schemas/openapi/openapi.json"));
}

TEST_CASE("an answer is compared with what is documented") {
  const json& schemas = openapi().document().at("components").at("schemas");
  const json order = schemas.at("Order").at("examples").at(0);
  const std::string id = order.at("id");
  const std::string problem = schemas.at("Problem").at("examples").at(0).dump();
  const auto verdict = [](const char* method, const std::string& path, int status,
                          const std::string& body) {
    return openapi().problem(method, path, status, body).empty();
  };
  CHECK(verdict("GET", "/orders/" + id, 200, order.dump()));
  CHECK(verdict("HEAD", "/orders/" + id, 200, ""));
  CHECK(verdict("GET", "/orders/" + id, 404, problem));
  CHECK(verdict("GET", "/orders/" + id, 304, ""));
  CHECK(verdict("GET", "/orders/" + id + "/events", 200, "id: 1\ndata: {}\n\n"));
  CHECK(verdict("GET", "/metrics", 200, "# HELP x\n"));
  CHECK(verdict("GET", "/nowhere", 404, problem));
  CHECK(verdict("DELETE", "/orders", 405, problem));
  CHECK(verdict("POST", "/nowhere", 413, problem));

  json broken = order;
  broken["total"] = 299.99;
  CHECK_FALSE(verdict("GET", "/orders/" + id, 200, broken.dump()));
  broken = order;
  broken["surprise"] = true;
  CHECK_FALSE(verdict("GET", "/orders/" + id, 200, broken.dump()));
  broken = order;
  broken.erase("links");
  CHECK_FALSE(verdict("GET", "/orders/" + id, 200, broken.dump()));
  CHECK_FALSE(verdict("GET", "/orders/" + id, 200, "not JSON"));
  CHECK_FALSE(verdict("GET", "/orders/" + id, 418, problem));
  CHECK_FALSE(verdict("GET", "/orders/" + id, 404, "{}"));
  CHECK_FALSE(verdict("GET", "/orders/" + id, 304, problem));
  CHECK_FALSE(verdict("HEAD", "/orders/" + id, 200, order.dump()));
  CHECK_FALSE(verdict("GET", "/nowhere", 200, "{}"));
  CHECK_FALSE(verdict("DELETE", "/orders", 200, "{}"));
}

TEST_CASE("a literal path wins over one with a parameter") {
  CHECK(openapi().route("/orders/018f0000-0000-7000-8000-00000000a11c") == "/orders/{id}");
  CHECK(openapi().route("/orders/x/status") == "/orders/{id}/status");
  CHECK(openapi().route("/health/ready") == "/health/ready");
  CHECK(openapi().route("/orders/").empty());
  CHECK(openapi().route("/orders/x/y/z").empty());
}

}  // namespace
}  // namespace orderflow::testing
