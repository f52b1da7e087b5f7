#include "consumers/runtime/partition_buffers.hpp"

#include <algorithm>
#include <utility>

namespace orderflow::consumers {

using core::KafkaMessage;
using std::chrono::steady_clock;

void PartitionBuffers::add(KafkaMessage message) {
  const auto partition = message.partition();
  buffers_[partition].push_back({std::move(message), steady_clock::now()});
}

std::vector<const KafkaMessage*> PartitionBuffers::ready(std::size_t limit) const {
  std::vector<const KafkaMessage*> batch;
  for (const auto& [partition, buffer] : buffers_) append_ready(buffer, limit, batch);
  return batch;
}

std::vector<const KafkaMessage*> PartitionBuffers::ready_of(std::int32_t partition,
                                                            std::size_t limit) const {
  std::vector<const KafkaMessage*> batch;
  const auto found = buffers_.find(partition);
  if (found != buffers_.end()) append_ready(found->second, limit, batch);
  return batch;
}

void PartitionBuffers::append_ready(const std::deque<Buffered>& buffer, std::size_t limit,
                                    std::vector<const KafkaMessage*>& batch) const {
  const auto arrived_before = steady_clock::now() - ready_delay_;
  for (const Buffered& buffered : buffer) {
    if (batch.size() >= limit || buffered.arrived > arrived_before) break;
    batch.push_back(&buffered.message);
  }
}

bool PartitionBuffers::any_ready() const {
  const auto arrived_before = steady_clock::now() - ready_delay_;
  return std::any_of(buffers_.begin(), buffers_.end(), [&](const auto& entry) {
    return !entry.second.empty() && entry.second.front().arrived <= arrived_before;
  });
}

void PartitionBuffers::release(std::span<const KafkaMessage* const> handled) {
  std::map<std::int32_t, std::ptrdiff_t> counts;
  for (const KafkaMessage* message : handled) ++counts[message->partition()];
  for (const auto& [partition, count] : counts) {
    auto& buffer = buffers_[partition];
    buffer.erase(buffer.begin(), buffer.begin() + count);
  }
}

std::size_t PartitionBuffers::size() const {
  std::size_t total = 0;
  for (const auto& [partition, buffer] : buffers_) total += buffer.size();
  return total;
}

std::optional<std::int64_t> PartitionBuffers::next_offset(std::int32_t partition) const {
  const auto found = buffers_.find(partition);
  if (found == buffers_.end() || found->second.empty()) return std::nullopt;
  return found->second.back().message.offset() + 1;
}

Backlog::Ages PartitionBuffers::ages(const LogGrowth& logs, core::SteadyTime now) const {
  Backlog::Ages ages;
  for (const auto& [partition, buffer] : buffers_) {
    if (buffer.empty()) continue;
    const Buffered& oldest = buffer.front();
    const auto in_log = logs.since(partition, oldest.message.offset()).value_or(oldest.arrived);
    const auto waited = now - std::min(in_log, oldest.arrived);
    ages.emplace(partition, std::chrono::duration_cast<core::Duration>(waited));
  }
  return ages;
}

}  // namespace orderflow::consumers
