#pragma once

#include "consumers/runtime/owner_loop.hpp"
#include "core/settings/settings.hpp"
#include "events/roles.hpp"

namespace orderflow::consumers {

// What the owner loop of a role needs, from the role's row and the settings.
[[nodiscard]] OwnerLoopOptions owner_options(const events::Role& role,
                                             const core::Settings& settings);

}  // namespace orderflow::consumers
