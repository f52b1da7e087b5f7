#pragma once

#include <string>
#include <vector>

#include "core/settings/settings.hpp"

namespace orderflow::tools {

// What a client with these settings meets in Kafka.
struct KafkaReport {
  std::vector<std::string> problems;  // Each with its remedy; no secret in them.
  std::vector<std::string> notes;     // What is worth knowing and no problem.
};

// Asks the cluster, and the database which installation this is, if it answers. Blocks, for half a
// minute at the very most.
[[nodiscard]] KafkaReport check_kafka(const core::Settings& settings);

}  // namespace orderflow::tools
