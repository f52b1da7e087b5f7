#pragma once

#include "core/settings/settings.hpp"

namespace orderflow::testing {

// The settings of this environment alone: by default every default.
[[nodiscard]] core::Settings settings_from(const core::Environment& environment = {});

}  // namespace orderflow::testing
