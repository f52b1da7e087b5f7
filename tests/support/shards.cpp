#include "tests/support/shards.hpp"

#include "core/values/shard.hpp"

namespace orderflow::testing {

std::string rows_in_wrong_shards(const Database& database) {
  std::string wrong;
  for (const auto& table : kShardedTables) {
    const auto rows =
        database.rows(std::string("SELECT DISTINCT ") + table.key + ", shard FROM " + table.name);
    for (const Row& row : rows) {
      const std::string key = row[0].value();
      const auto expected = std::to_string(core::shard_of(key));
      if (row[1] != expected) {
        wrong.append(table.name).append(" ").append(key).append(" has shard ");
        wrong.append(row[1].value_or("null")).append(" instead of ").append(expected).append("\n");
      }
    }
  }
  return wrong;
}

}  // namespace orderflow::testing
