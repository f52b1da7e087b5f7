#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/kafka/topic_spec.hpp"
#include "core/observe/log.hpp"

namespace orderflow::core {

// A Kafka broker without a JVM: librdkafka's mock cluster behind a fixed loopback address. Speaks
// the real protocol, keeps everything in memory (about 5 MB a partition, oldest evicted first, read
// or not) and forgets all of it when its process ends, which Orderflow survives by design.
//
// The mock binds random ports, so clients bootstrap through a relay on the fixed one and are then
// told the real address. Runs threads of its own from construction to destruction.
class EmbeddedBroker {
 public:
  // Creates `topics` before the relay opens: a client's metadata request would otherwise create
  // them with the mock's own partition count. Throws BadConfiguration when the port is taken.
  EmbeddedBroker(std::uint16_t port, const std::vector<TopicSpec>& topics, Logger& logger);
  ~EmbeddedBroker();
  EmbeddedBroker(const EmbeddedBroker&) = delete;
  EmbeddedBroker& operator=(const EmbeddedBroker&) = delete;

  [[nodiscard]] std::uint16_t port() const;

 private:
  class Relay;
  struct Mock;
  std::unique_ptr<Mock> mock_;
  std::unique_ptr<Relay> relay_;
};

}  // namespace orderflow::core
