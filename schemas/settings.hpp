#pragma once

#include <cstdint>

#include "core/settings/setting.hpp"

namespace orderflow::schemas {

inline constexpr core::Setting<std::int32_t> kPartitions{
    .name = "ORDERFLOW_PARTITIONS",
    .default_value = "0",
    .limits = {.minimum = 0, .maximum = 1024, .power_of_two = true},
    .help =
        "partitions of a new installation's topics; a power of two; 0: as many as it has cores, "
        "8 at most"};

inline constexpr core::Setting<core::Duration> kDatabaseStartTimeout{
    .name = "ORDERFLOW_DATABASE_START_TIMEOUT",
    .default_value = "60s",
    .limits = {std::chrono::milliseconds{1}, std::chrono::hours{1}},
    .help = "time `migrate` and `seed` wait for a database that does not answer"};

inline constexpr core::AnySetting kSchemasSettings[] = {kPartitions, kDatabaseStartTimeout};

}  // namespace orderflow::schemas
