#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/pg/session.hpp"

namespace orderflow::schemas {

// P, how many partitions each owned topic is served in: a fact of the installation that
// `orderflow migrate` takes from ORDERFLOW_PARTITIONS once and `orderflow repartition` changes. It
// is read again while a process runs, so whoever keeps it looks again.
inline constexpr const char* kPartitionCountSql =
    "SELECT value::int FROM ops.settings WHERE name = 'partition_count'";

// Nothing when the database is not migrated yet. Throws core::Unavailable.
[[nodiscard]] std::optional<std::int32_t> read_partition_count(core::PgSession& session);

// The id that `orderflow migrate` gave this installation; empty before. Throws core::Unavailable.
[[nodiscard]] std::string read_installation_id(core::PgSession& session);

}  // namespace orderflow::schemas
