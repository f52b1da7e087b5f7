#pragma once

#include <span>
#include <string>

#include "core/settings/settings.hpp"

namespace orderflow::tools {

// `orderflow sagas`: what operators see of sagas that wait, and ask of them. Works with the
// database alone; owners find the requests within a second. Returns 0, or 1 when something was
// refused.
int run_sagas(const core::SettingsSources& sources, std::span<const std::string> arguments);

}  // namespace orderflow::tools
