#pragma once

#include <cstdint>

#include "core/settings/setting.hpp"

// What ./orderflow asks the program about the local instance (`check-config --shell`): its scripts
// read no configuration themselves.
namespace orderflow::tools {

inline constexpr core::Setting<std::uint16_t> kPgPort{
    .name = "ORDERFLOW_PG_PORT",
    .default_value = "15432",
    .help = "port of the local instance's own PostgreSQL"};

inline constexpr core::Setting<int> kProcesses{
    .name = "ORDERFLOW_PROCESSES",
    .default_value = "1",
    .limits = {1, 64},
    .help = "processes of orchestrator, payments and delivery each that `./orderflow up` starts"};

inline constexpr core::AnySetting kLocalSettings[] = {kPgPort, kProcesses};

}  // namespace orderflow::tools
