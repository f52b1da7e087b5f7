#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/values/failure.hpp"
#include "schemas/embedded.hpp"

// Whether a database and this program fit together, told from what was applied. Pure: who calls
// holds the lock, or does not mind, that `applied` is the truth.
namespace orderflow::schemas {

// The database and this program do not fit together: it was made by other files, or is newer. The
// message names what, and the remedy.
class MigrationRefused : public core::BadConfiguration {
 public:
  using core::BadConfiguration::BadConfiguration;
};

// A row of ops.migrations.
struct AppliedMigration {
  int number = 0;
  std::string name;
  std::string checksum;
};

// What is left to apply, in order. Throws MigrationRefused when what was applied is not a prefix of
// what this program carries.
[[nodiscard]] std::vector<EmbeddedMigration> migrations_left(
    std::span<const EmbeddedMigration> known, std::span<const AppliedMigration> applied);

// Why a program cannot serve this database, with the remedy; nothing when it can. A newer database
// is served: its migrations keep to what the program before them needs.
[[nodiscard]] std::optional<std::string> schema_problem(std::span<const EmbeddedMigration> known,
                                                        std::span<const AppliedMigration> applied);

}  // namespace orderflow::schemas
