#pragma once

#include <cstddef>

#include "core/pg/database_url.hpp"
#include "core/settings/setting.hpp"

namespace orderflow::core {

// The default is the local instance's, without its password (tools/settings.hpp has the port).
inline constexpr Setting<DatabaseUrl> kDatabaseUrl{
    .name = "DATABASE_URL",
    .default_value = "postgresql://127.0.0.1:15432/orderflow",
    .help = "PostgreSQL; any common spelling"};

inline constexpr Setting<std::size_t> kBatchLimit{
    .name = "ORDERFLOW_BATCH_LIMIT",
    .default_value = "1000",
    .limits = {1, 100'000},
    .help = "messages or orders in one transaction at most"};

inline constexpr AnySetting kPgSettings[] = {kDatabaseUrl, kBatchLimit};

}  // namespace orderflow::core
