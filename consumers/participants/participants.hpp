#pragma once

#include <stop_token>

#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/settings/settings.hpp"

namespace orderflow::consumers {

// The participants' roles: each consumes its command topic as the owner of its partitions until
// `stop` is requested. A dead database or broker is waited for.

// Also checks the ledger in the background, for as long as it runs.
void run_payments(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
                  core::Health& health, const std::stop_token& stop);

// With the simulated carrier.
void run_delivery(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
                  core::Health& health, const std::stop_token& stop);

}  // namespace orderflow::consumers
