#pragma once

#include <span>
#include <string>

#include "core/settings/settings.hpp"

namespace orderflow::tools {

// `orderflow dead-letters`: messages that could not be processed, to be looked at, put back or
// given up. Needs the database, and Kafka to replay. Returns 0, or 1 when something was refused.
int run_dead_letters(const core::SettingsSources& sources, std::span<const std::string> arguments);

}  // namespace orderflow::tools
