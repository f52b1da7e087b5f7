#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace orderflow::core {

// A topic as the cluster has it. A value.
struct TopicSettings {
  std::map<std::string, std::string> values;  // By Kafka's name; what it does not tell is missing.
  std::int32_t replicas = 0;                  // Of the partition with the fewest; 0: not known.
};

// What is wrong with it, and the remedy.
struct TopicProblem {
  std::string text;
  bool nothing_is_stored = false;  // Else some messages are refused, or forgotten.
};

// Judges a topic for messages and batches of up to `message_bytes`. Pure.
[[nodiscard]] std::vector<TopicProblem> problems_of(const std::string& topic,
                                                    const TopicSettings& settings,
                                                    std::int64_t message_bytes);

}  // namespace orderflow::core
