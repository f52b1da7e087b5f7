#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "consumers/runtime/backlog.hpp"
#include "consumers/runtime/log_growth.hpp"
#include "core/kafka/message.hpp"
#include "core/values/time.hpp"

namespace orderflow::consumers {

// Messages read but not handled yet, in order for each partition. A message leaves only after the
// transaction that handled it; pointers handed out stay valid until then. One thread.
class PartitionBuffers {
 public:
  // Messages become ready `ready_delay` after they arrived.
  explicit PartitionBuffers(core::Duration ready_delay) : ready_delay_(ready_delay) {}

  void add(core::KafkaMessage message);
  void clear(std::int32_t partition) { buffers_.erase(partition); }

  // The oldest ready messages of each partition, at most `limit` in all.
  [[nodiscard]] std::vector<const core::KafkaMessage*> ready(std::size_t limit) const;
  [[nodiscard]] bool any_ready() const;
  // The same of one partition.
  [[nodiscard]] std::vector<const core::KafkaMessage*> ready_of(std::int32_t partition,
                                                                std::size_t limit) const;

  // `handled` are the first messages of their partitions.
  void release(std::span<const core::KafkaMessage* const> handled);

  [[nodiscard]] std::size_t size() const;
  // Where to go on reading behind what is buffered; empty when nothing is.
  [[nodiscard]] std::optional<std::int64_t> next_offset(std::int32_t partition) const;
  // For how long each partition's oldest buffered message has waited, here and in its log.
  [[nodiscard]] Backlog::Ages ages(const LogGrowth& logs, core::SteadyTime now) const;

 private:
  struct Buffered {
    core::KafkaMessage message;
    core::SteadyTime arrived;
  };

  // Until the batch has as many as the limit.
  void append_ready(const std::deque<Buffered>& buffer, std::size_t limit,
                    std::vector<const core::KafkaMessage*>& batch) const;

  core::Duration ready_delay_;
  std::map<std::int32_t, std::deque<Buffered>> buffers_;
};

}  // namespace orderflow::consumers
