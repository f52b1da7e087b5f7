#pragma once

#include <span>
#include <string>

#include "core/settings/settings.hpp"

namespace orderflow::tools {

// `orderflow psql`: becomes psql in the database that DATABASE_URL names, with these arguments as
// they are. The password goes through the environment, so that it stands in no list of processes.
// Returns only when psql cannot be started, said on standard error.
int run_psql(const core::SettingsSources& sources, std::span<const std::string> arguments);

}  // namespace orderflow::tools
