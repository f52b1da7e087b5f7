#pragma once

#include <stop_token>

#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/settings/settings.hpp"

namespace orderflow::http_api {

// The public HTTP API: serves until a stop is requested, then answers what it accepted and returns.
// A database or broker that is away is no reason to end; readiness tells. Throws
// core::BadConfiguration when its address cannot be had.
void run_api(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
             core::Health& health, const std::stop_token& stop);

}  // namespace orderflow::http_api
