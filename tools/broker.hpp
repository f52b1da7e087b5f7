#pragma once

#include <stop_token>

#include "core/kafka/admin.hpp"
#include "core/observe/log.hpp"
#include "core/settings/settings.hpp"

namespace orderflow::tools {

// The topics as this installation has them. ORDERFLOW_PARTITIONS is only what a new one begins
// with: a broker that has forgotten them gets them back as the database counts them. What is
// returned asks the database each time, on a session of its own, and throws core::Unavailable while
// that is away; one thread at a time.
[[nodiscard]] core::TopicKeeper::Topics topics_of(const core::Settings& settings);

// `orderflow broker`: the embedded broker on ORDERFLOW_BROKER_PORT, a stand-in for Kafka. Waits for
// the database, which knows how many partitions the topics have, then serves until a stop is
// requested. Throws core::BadConfiguration when the port is taken.
void run_broker(const core::Settings& settings, core::Logger& logger, const std::stop_token& stop);

}  // namespace orderflow::tools
