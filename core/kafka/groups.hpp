#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "core/values/time.hpp"

namespace orderflow::core {

using ClientIds = std::vector<std::string>;

// The client ids of a consumer group's members, as any client may ask; or why the cluster does not
// tell (in time, or this client); none of a broker that knows no such question. Blocks for twice
// `timeout` at most.
[[nodiscard]] tl::expected<ClientIds, std::string> member_client_ids(rd_kafka_t* client,
                                                                     const std::string& group,
                                                                     Duration timeout);

}  // namespace orderflow::core
