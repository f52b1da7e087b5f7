#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/wait.hpp"

namespace orderflow::testing {

struct RawMessage {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string key;
  std::string body;
  std::map<std::string, std::string> headers;
  // When it was made; zero: now, -1: untold. Not filled in by read().
  std::int64_t timestamp_ms = 0;
};

// What a person would do with kcat: put anything into a topic, look at what is there. Each call
// uses a client of its own, so a restarted broker does not matter. Topic names go without the
// prefix.
class KafkaTool {
 public:
  KafkaTool(std::string bootstrap_servers, std::string prefix)
      : bootstrap_(std::move(bootstrap_servers)), prefix_(std::move(prefix)) {}

  [[nodiscard]] bool answers(Millis deadline = Millis{500}) const;
  // -1 when the topic is not there.
  [[nodiscard]] int partitions(const std::string& topic) const;
  // Returns the offset it got. Fails the test when it is not acknowledged.
  std::int64_t produce(const std::string& topic, std::int32_t partition,
                       const RawMessage& message) const;
  // False: it was not stored.
  [[nodiscard]] bool offer(const std::string& topic, std::int32_t partition,
                           const RawMessage& message) const;
  // Many, in order, by one client.
  void produce_all(const std::string& topic, std::int32_t partition,
                   const std::vector<RawMessage>& messages) const;
  // First and next offset by partition.
  [[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> watermarks(
      const std::string& topic) const;
  // How many messages the topic has ever had (since its broker last forgot).
  [[nodiscard]] std::int64_t count(const std::string& topic) const;
  // Everything that is in the topic now.
  [[nodiscard]] std::vector<RawMessage> read(const std::string& topic) const;
  // Makes the broker forget what is in the topic now. Real Kafka only.
  void delete_records(const std::string& topic) const;
  // Sets a topic's configuration, e.g. retention.ms. Real Kafka only.
  void configure_topic(const std::string& topic, const std::string& name,
                       const std::string& value) const;

 private:
  std::string bootstrap_;
  std::string prefix_;
};

}  // namespace orderflow::testing
