#pragma once

#include "core/settings/settings.hpp"

namespace orderflow::tools {

// Every setting of every module, in the order the README lists them, and the names in the
// environment that belong to the scripts and tests.
[[nodiscard]] const core::SettingsTable& all_settings();

}  // namespace orderflow::tools
