#pragma once

#include <cstdint>
#include <string>

namespace orderflow::core {

// A topic as it shall be.
struct TopicSpec {
  std::string name;
  std::int32_t partitions = 8;
  std::int32_t replication_factor = 1;
  bool owned = false;  // Owners serve `partitions` of it: when it has fewer, it gets the others.
};

}  // namespace orderflow::core
