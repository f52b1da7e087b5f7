#pragma once

#include <span>
#include <string>

#include "core/settings/settings.hpp"

namespace orderflow::tools {

// `orderflow repartition N`: spreads the work over N partitions, a larger power of two, while the
// installation runs. Real Kafka only, whose topics can grow.
//
// 1. Owners are asked to commit nothing for a moment. They notice within a second, and what they
//    have committed gets published and marked.
// 2. The topics with owners get more partitions. orders.events keeps its own, so an order's
//    events stay in one partition and in order.
// 3. One transaction: locks every partition row, sees that nothing lies beyond a mark, raises every
//    epoch (whoever missed the request is fenced, and looks at the count before it goes on), adds
//    the rows and writes the new count.
//
// Messages on their way come in a wrong partition and are ignored; timers send them again.
// Returns 0; throws BadConfiguration, or Unavailable when owners did not fall silent. Whatever
// happens, owners go on after kPauseMax.
int run_repartition(const core::SettingsSources& sources, std::span<const std::string> arguments);

}  // namespace orderflow::tools
