#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <vector>

#include "core/values/time.hpp"

namespace orderflow::core {

// The client ids of a consumer group's members, as any client may ask; nothing when the cluster
// does not tell in time, or to this client. Blocks for twice `timeout` at most.
[[nodiscard]] std::vector<std::string> member_client_ids(rd_kafka_t* client,
                                                         const std::string& group,
                                                         Duration timeout);

}  // namespace orderflow::core
