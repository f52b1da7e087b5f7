#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/values/failure.hpp"
#include "schemas/embedded.hpp"

namespace orderflow::schemas {

// The database and this program do not fit together: an applied file was changed, the database is
// newer. The message names what, and the remedy.
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
// what this program carries. Pure: the caller holds the lock that makes `applied` the truth.
[[nodiscard]] std::vector<EmbeddedMigration> migrations_left(
    std::span<const EmbeddedMigration> known, std::span<const AppliedMigration> applied);

}  // namespace orderflow::schemas
