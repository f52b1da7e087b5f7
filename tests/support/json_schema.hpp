#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace orderflow::testing {

// A JSON Schema (draft-07) ready to judge values. References are resolved within the document that
// was given. One thread at a time.
class JsonSchema {
 public:
  // Throws std::exception when it is not a schema.
  explicit JsonSchema(const nlohmann::json& document);
  ~JsonSchema();
  JsonSchema(const JsonSchema&) = delete;
  JsonSchema& operator=(const JsonSchema&) = delete;

  // What is wrong with the value, a line each; empty when nothing is.
  [[nodiscard]] std::string problems(const nlohmann::json& value) const;

 private:
  struct Parsed;
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace orderflow::testing
