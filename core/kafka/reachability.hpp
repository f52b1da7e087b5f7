#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <vector>

#include "core/values/time.hpp"

namespace orderflow::core {

// Bootstrap servers may answer while what they advertise for themselves cannot be reached: clients
// then know of every topic and read and write nothing. Asks the leaders of these topics' partitions
// for something small. Empty when they answer, when the topics are not there, or when it is not
// allowed to ask; else which broker is silent, and what to look at. A broker that has just ended is
// silent too, so that it takes a second question to be sure. Blocks for `timeout` for each topic
// and twice that for each broker, at most.
[[nodiscard]] std::string silent_broker(rd_kafka_t* client, const std::vector<std::string>& topics,
                                        Duration timeout);

}  // namespace orderflow::core
