#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/kafka/options.hpp"
#include "core/kafka/topic_spec.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"

namespace orderflow::core {

// Keeps the topics there: creates them once the cluster answers, and again when a cluster that lost
// its data comes back without them. Reports the component "topics". Has a thread of its own until
// destruction, which asks `topics` for what is wanted each time; while that throws it waits.
class TopicKeeper {
 public:
  using Topics = std::function<std::vector<TopicSpec>()>;

  TopicKeeper(KafkaOptions options, Health& health, Logger& logger, Topics topics);
  ~TopicKeeper();
  TopicKeeper(const TopicKeeper&) = delete;
  TopicKeeper& operator=(const TopicKeeper&) = delete;

 private:
  void keep(const std::stop_token& stop);

  KafkaOptions options_;
  Health& health_;
  Logger& logger_;
  Topics topics_;
  std::jthread thread_;
};

// Makes sure that a topic has at least so many partitions. Throws BadConfiguration when there is no
// such topic or the broker cannot add any (the embedded one), Unavailable when it does not answer.
void ensure_partitions(const KafkaOptions& options, Logger& logger, const std::string& topic,
                       std::int32_t partitions);

}  // namespace orderflow::core
