#pragma once

#include <cstddef>

#include "core/settings/setting.hpp"

namespace orderflow::consumers {

inline constexpr core::Setting<std::size_t> kSagaCache{
    .name = "ORDERFLOW_SAGA_CACHE",
    .default_value = "100000",
    .limits = {100, 10'000'000},
    .help = "sagas an orchestrator keeps in memory at most"};

inline constexpr core::AnySetting kConsumersSettings[] = {kSagaCache};

}  // namespace orderflow::consumers
