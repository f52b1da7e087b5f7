#pragma once

#include <span>
#include <string>

#include "core/settings/settings.hpp"

namespace orderflow::tools {

// `orderflow held-events`: orders whose events Kafka refuses, and how to have it asked again. Works
// with the database alone. Returns 0, or 1 when something was refused, be it by Kafka.
int run_held_events(const core::SettingsSources& sources, std::span<const std::string> arguments);

}  // namespace orderflow::tools
