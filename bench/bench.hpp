#pragma once

#include <span>
#include <string>

#include "core/settings/settings.hpp"

namespace orderflow::bench {

// `orderflow bench`: places orders over HTTP at a running instance, waits until every one has
// ended, audits the database and prints what a saga costs. Returns the exit code: 0, or 1 when an
// order did not end in time or the audit failed. Throws core::BadConfiguration for arguments that
// cannot be understood, core::Unavailable when the instance cannot be reached.
//
// Blocks until it is done; SIGINT ends it like any other tool.
int run_bench(const core::SettingsSources& sources, std::span<const std::string> args);

}  // namespace orderflow::bench
