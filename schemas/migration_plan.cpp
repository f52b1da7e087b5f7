#include "schemas/migration_plan.hpp"

#include <algorithm>

#include "core/values/digest.hpp"

namespace orderflow::schemas {

std::vector<EmbeddedMigration> migrations_left(std::span<const EmbeddedMigration> known,
                                               std::span<const AppliedMigration> applied) {
  const auto is_applied = [&](int number) {
    return std::any_of(applied.begin(), applied.end(),
                       [&](const auto& row) { return row.number == number; });
  };
  for (const auto& row : applied) {
    const auto file = std::find_if(known.begin(), known.end(),
                                   [&](const auto& k) { return k.number == row.number; });
    if (file == known.end()) {
      throw MigrationRefused("the database is newer than this program: migration " + row.name +
                             " is applied and unknown here; run the newer program");
    }
    if (file->name != row.name || core::sha256_hex(file->sql) != row.checksum) {
      throw MigrationRefused("migration " + row.name +
                             " was changed after it was applied; restore schemas/sql/" + row.name +
                             " and put the change into a new file (a throw-away local instance: "
                             "./orderflow wipe)");
    }
  }
  std::vector<EmbeddedMigration> left;
  for (const auto& file : known) {
    if (is_applied(file.number)) {
      // Files are applied in order, so an applied one after one that is not means lost bookkeeping.
      if (!left.empty()) {
        throw MigrationRefused("migration " + std::string(left.front().name) +
                               " is not applied although a later one is; restore its row in "
                               "ops.migrations, or start with an empty database");
      }
      continue;
    }
    left.push_back(file);
  }
  return left;
}

}  // namespace orderflow::schemas
