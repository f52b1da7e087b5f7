#include "schemas/migration_plan.hpp"

#include <algorithm>

#include "core/values/digest.hpp"

namespace orderflow::schemas {
namespace {

const EmbeddedMigration* find(std::span<const EmbeddedMigration> known, int number) {
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const auto& file) { return file.number == number; });
  return found == known.end() ? nullptr : &*found;
}

bool is_applied(std::span<const AppliedMigration> applied, int number) {
  return std::any_of(applied.begin(), applied.end(),
                     [&](const auto& row) { return row.number == number; });
}

// Until a release is tagged the migrations may be rewritten, and nothing leads from the old ones to
// the new ones.
std::string of_another_line(const AppliedMigration& row, const char* how) {
  return "the database was made by another version of Orderflow, and there is no way from there "
         "to this one: its migration " +
         row.name + " " + how +
         "; remove a local instance with all its data by `./orderflow wipe`, or set DATABASE_URL "
         "to an empty database";
}

// Why nothing leads from what was applied to these files; nothing when something does.
std::optional<std::string> divergence(std::span<const EmbeddedMigration> known,
                                      std::span<const AppliedMigration> applied) {
  for (const auto& row : applied) {
    const auto* file = find(known, row.number);
    if (file == nullptr) continue;
    if (file->name != row.name) return of_another_line(row, "is unknown here");
    if (core::sha256_hex(file->sql) != row.checksum) {
      return of_another_line(row, "has changed since it was applied") +
             " (if you changed it: restore schemas/sql/" + row.name +
             " and put the change into a new file)";
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<EmbeddedMigration> migrations_left(std::span<const EmbeddedMigration> known,
                                               std::span<const AppliedMigration> applied) {
  if (const auto problem = divergence(known, applied)) throw MigrationRefused(*problem);
  for (const auto& row : applied) {
    if (find(known, row.number) != nullptr) continue;
    throw MigrationRefused("the database is newer than this program: migration " + row.name +
                           " is applied and unknown here; run the newer program");
  }
  std::vector<EmbeddedMigration> left;
  for (const auto& file : known) {
    if (is_applied(applied, file.number)) {
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

std::optional<std::string> schema_problem(std::span<const EmbeddedMigration> known,
                                          std::span<const AppliedMigration> applied) {
  if (auto problem = divergence(known, applied)) return problem;
  for (const auto& file : known) {
    if (is_applied(applied, file.number)) continue;
    return applied.empty() ? "the tables are missing; run `orderflow migrate`"
                           : "migration " + std::string(file.name) +
                                 " is not applied yet; run `orderflow migrate`";
  }
  return std::nullopt;
}

}  // namespace orderflow::schemas
