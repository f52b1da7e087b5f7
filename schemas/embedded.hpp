#pragma once

#include <span>
#include <string_view>

namespace orderflow::schemas {

// One file of schemas/sql, compiled into the program. `name` is the file's name with its number.
struct EmbeddedMigration {
  int number = 0;
  std::string_view name;
  std::string_view sql;
};

// All of them, numbered 1, 2, ... without a gap (the build sees to that).
[[nodiscard]] std::span<const EmbeddedMigration> migrations();

// schemas/openapi/openapi.json as it is in the source tree; what GET /openapi.json answers.
[[nodiscard]] std::string_view openapi_document();

}  // namespace orderflow::schemas
