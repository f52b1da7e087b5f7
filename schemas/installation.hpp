#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"
#include "schemas/migration_plan.hpp"

namespace orderflow::schemas {

// P, how many partitions each owned topic is served in: a fact of the installation that
// `orderflow migrate` takes from ORDERFLOW_PARTITIONS once and `orderflow repartition` changes. It
// is read again while a process runs, so whoever keeps it looks again.
inline constexpr const char* kPartitionCountSql =
    "SELECT value::int FROM ops.settings WHERE name = 'partition_count'";

// What a new installation begins with when it is given `wanted` partitions; 0 follows the machine:
// a power of two, at least its cores, 8 at most. More of them make smaller batches, which cost as
// much as large ones; fewer leave cores idle.
[[nodiscard]] std::int32_t first_partition_count(std::int32_t wanted, unsigned cores);
[[nodiscard]] std::int32_t first_partition_count(const core::Settings& settings);

// What was applied to the database, in order; nothing before the first migration. Throws
// core::Unavailable.
[[nodiscard]] std::vector<AppliedMigration> read_applied_migrations(core::PgSession& session);

// Nothing when the database is not migrated yet. Throws core::Unavailable.
[[nodiscard]] std::optional<std::int32_t> read_partition_count(core::PgSession& session);

// The id that `orderflow migrate` gave this installation; empty before, and in a database that is a
// copy of another installation's. Throws core::Unavailable.
[[nodiscard]] std::string read_installation_id(core::PgSession& session);

}  // namespace orderflow::schemas
