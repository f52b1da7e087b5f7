#include "tests/support/json_schema.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace orderflow::testing {

struct JsonSchema::Parsed {
  valijson::Schema schema;
  // Kept, since it keeps the patterns it has compiled, which cost more than all the rest.
  valijson::Validator validator;
};

JsonSchema::JsonSchema(const nlohmann::json& document) : parsed_(std::make_unique<Parsed>()) {
  valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(document), parsed_->schema);
}

JsonSchema::~JsonSchema() = default;

std::string JsonSchema::problems(const nlohmann::json& value) const {
  valijson::ValidationResults results;
  const valijson::adapters::NlohmannJsonAdapter adapter(value);
  if (parsed_->validator.validate(parsed_->schema, adapter, &results)) return {};
  std::string text;
  for (const auto& error : results) {
    for (const auto& part : error.context) text += part;
    text += ": " + error.description + "\n";
  }
  return text.empty() ? "it does not fit the schema\n" : text;
}

}  // namespace orderflow::testing
