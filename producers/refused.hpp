#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/kafka/refusal.hpp"

namespace orderflow::producers {

// A message that Kafka refuses for good, until something about the topic or the rights changes. Its
// owner makes durable what follows from that, and then settles it. A value.
struct Refused {
  core::Refusal why;
  std::string subject;        // The order's id, as text.
  std::int64_t sequence = 0;  // Of an event; 0: it is none.
  std::int32_t owner_partition = 0;
  // Of the message, and of those behind it that must not pass it.
  std::vector<std::uint64_t> tags;
};

}  // namespace orderflow::producers
