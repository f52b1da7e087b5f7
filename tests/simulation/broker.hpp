#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "tests/simulation/context.hpp"
#include "tests/simulation/message.hpp"

namespace orderflow::simulation {

enum class SendResult {
  kStored,
  kFailed,   // Not stored, or not surely.
  kRefused,  // Not stored, and not to be for as long as the broker refuses it.
};
using SendReport =
    std::function<void(std::uint64_t tag, SendResult result, const MessagePtr& message)>;

// One producer's life: what it has under way, in order for each topic and partition.
struct Producer {
  SendReport report;
  bool stops_when_refused = true;  // core::RefusalMode::kStop
  Time cut = Time::max();          // What would arrive after this moment was never sent.
  std::array<std::vector<Time>, kTopics> last_arrival;
};
using ProducerPtr = std::shared_ptr<Producer>;

// The model of Kafka as an idempotent producer with acks=all and a consumer that names its offsets
// see it. On orders.events it loses nothing it acknowledged, since nothing could bring that back to
// an outside consumer; on the other topics it may lose, double, delay and forget.
class Broker {
 public:
  Broker(Context& context, std::int32_t partitions);

  std::function<void(Topic, std::int32_t partition)> on_arrival;
  std::function<void(const Message&)> on_event;  // The outside consumer.

  [[nodiscard]] ProducerPtr producer(SendReport report, bool stops_when_refused) const;
  // The process died or gave the producer up: only what is on the wire already may still arrive.
  void close(const ProducerPtr& producer);
  void send(const ProducerPtr& producer, const MessagePtr& message, std::uint64_t tag,
            Duration delay);
  // From the API: nobody waits for its acknowledgement.
  void notify(const MessagePtr& message);

  enum class Read { kMessage, kNothing, kOffsetLost };
  struct Stored {
    MessagePtr message;
    Time at;
  };
  // Reads the message at `position` and moves on.
  Read read(Topic topic, std::int32_t partition, std::int64_t& position, Stored& stored);
  [[nodiscard]] std::int64_t beginning(Topic topic, std::int32_t partition) const;

  // Loses a topic's messages: all of them, so that offsets begin at 0 again, or the oldest.
  void forget(Topic topic, bool everything);

 private:
  struct Log {
    std::int64_t first = 0;
    std::deque<Stored> messages;
  };
  [[nodiscard]] std::size_t place_of(Topic topic, std::int32_t partition) const;
  Log& log(Topic topic, std::int32_t partition);
  [[nodiscard]] bool refuses(const Message& message);
  void append(const MessagePtr& message);
  void deliver(const ProducerPtr& producer, const MessagePtr& message, Time when);

  Context& context_;
  std::int32_t partitions_;
  std::vector<Log> logs_;
  std::map<std::pair<int, std::int64_t>, Time> refused_until_;  // By order and sequence.
};

}  // namespace orderflow::simulation
