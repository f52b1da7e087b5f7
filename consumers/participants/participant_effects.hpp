#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "consumers/runtime/grant.hpp"
#include "core/kafka/message.hpp"
#include "core/observe/metrics.hpp"
#include "core/values/shard_key.hpp"
#include "events/codec.hpp"
#include "events/messages.hpp"
#include "producers/publisher.hpp"

namespace orderflow::consumers {

// What a participant's batch causes once it is durable: messages to the orders' owners, and counts
// of what happened. Collected while a batch is prepared, released when it is committed, dropped
// when it is discarded. One thread.
class ParticipantEffects {
 public:
  // `counter` is the metric that counts by outcome, e.g. "payments_total".
  ParticipantEffects(std::string role, std::string inbox_topic, core::Metrics& metrics,
                     std::string counter, std::string help);

  // P, by which the batch that follows is judged and its messages are placed.
  void begin(std::int32_t partition_count) { partition_count_ = partition_count; }

  // True when the message was read in the partition its shard belongs to. Another one is a leftover
  // of a changed partition count: it is counted and ignored, its sender's timer repeats it.
  [[nodiscard]] bool well_placed(const core::KafkaMessage& message, std::int32_t shard);

  // To the owner of the order.
  void reply(const core::KafkaMessage& command, const core::ShardKey& order,
             const events::Reply& reply, const core::Trace& trace);
  void report(std::int32_t partition, const core::ShardKey& order,
              const events::DeliveryReport& report, const core::Trace& trace);
  void count(const std::string& outcome) { outcomes_[outcome] += 1; }

  // The messages in the order they were added, with the numbers of the batch just committed.
  [[nodiscard]] std::vector<producers::Outgoing> release(const Grants& grants);
  void discard();

 private:
  [[nodiscard]] events::Addressed address(const core::ShardKey& order, const core::Trace& trace,
                                          int attempt = 0) const;

  std::string source_;
  std::string inbox_topic_;
  core::Metrics& metrics_;
  std::string counter_;
  std::string help_;
  prometheus::Counter& misplaced_;
  std::int32_t partition_count_ = 1;
  std::vector<producers::Outgoing> outgoing_;
  std::map<std::string, int> outcomes_;
  std::map<std::string, prometheus::Counter*> by_outcome_;  // Looked up once.
};

}  // namespace orderflow::consumers
