#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "consumers/runtime/backlog.hpp"
#include "consumers/runtime/grant.hpp"
#include "consumers/runtime/log_growth.hpp"
#include "consumers/runtime/partition_buffers.hpp"
#include "consumers/runtime/transaction.hpp"
#include "core/kafka/consumer.hpp"
#include "core/kafka/message.hpp"
#include "core/values/time.hpp"

namespace orderflow::consumers {

// What an owner holds in memory of its partitions: their grants, the messages read but not handled,
// how far behind it is, and which offsets the broker has forgotten. All of it is void once a
// partition is dropped. One thread, the owner loop's; no I/O.
class OwnedPartitions {
 public:
  explicit OwnedPartitions(core::Duration ready_delay) : buffers_(ready_delay) {}

  // Granted just now: whatever was known of them is void.
  void take(const std::vector<Grant>& granted);
  void drop(const std::set<std::int32_t>& partitions);
  // Grants advance here and nowhere else.
  void apply(const Committed& committed);

  [[nodiscard]] const Grants& grants() const { return grants_; }
  [[nodiscard]] bool owns(std::int32_t partition) const { return grants_.contains(partition); }
  [[nodiscard]] bool empty() const { return grants_.empty(); }
  [[nodiscard]] std::set<std::int32_t> numbers() const;

  // A message of an owned partition; others are ignored.
  void add(core::KafkaMessage message);
  // The messages are handled for good, and first of their partitions.
  void release(Messages handled);
  [[nodiscard]] const PartitionBuffers& buffers() const { return buffers_; }

  // The broker has nothing at the offset where the partition was to be read on.
  void lose_offset(std::int32_t partition);
  // Where to go on reading: behind what is buffered; at the log's beginning while the stored offset
  // is known to mean nothing.
  [[nodiscard]] std::vector<core::PartitionOffset> read_positions() const;

  // The partition's log ends there, as far as the broker has told; negative: not known.
  void log_ends(std::int32_t partition, std::int64_t end, core::SteadyTime now) {
    logs_.observe(partition, end, now);
  }
  // Looks how old what is buffered has become.
  void observe_backlog(core::SteadyTime now) { backlog_.observe(buffers_.ages(logs_, now), now); }
  [[nodiscard]] Backlog& backlog() { return backlog_; }
  // How many messages are yet to be handled, as far as the ends of the logs are known.
  [[nodiscard]] std::int64_t unhandled() const;

  // P, of the whole topic; 0 until it is known.
  [[nodiscard]] std::int32_t partition_count() const { return partition_count_; }
  void set_partition_count(std::int32_t count) { partition_count_ = count; }
  // Since when a message that comes now would have had to wait; what the next transaction tells the
  // API's admission.
  [[nodiscard]] std::optional<Time> oldest_ready_at() const { return oldest_ready_at_; }
  void set_oldest_ready_at(std::optional<Time> since) { oldest_ready_at_ = since; }

 private:
  Grants grants_;
  PartitionBuffers buffers_;
  LogGrowth logs_;
  Backlog backlog_;
  std::set<std::int32_t> offset_lost_;
  std::int32_t partition_count_ = 0;
  std::optional<Time> oldest_ready_at_;
};

}  // namespace orderflow::consumers
