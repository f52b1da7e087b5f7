#pragma once

#include <span>
#include <string>

#include "core/settings/config.hpp"

namespace orderflow::http_api {

// `orderflow sagas`: what operators see of sagas that wait, and ask of them. Works with the
// database alone; owners find the requests within a second. Returns 0, or 1 when something was
// refused.
int run_sagas(const core::Config& config, std::span<const std::string> arguments);

}  // namespace orderflow::http_api
