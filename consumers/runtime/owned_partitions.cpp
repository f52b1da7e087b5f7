#include "consumers/runtime/owned_partitions.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace orderflow::consumers {

void OwnedPartitions::take(const std::vector<Grant>& granted) {
  for (const Grant& grant : granted) {
    grants_[grant.partition] = grant;
    buffers_.clear(grant.partition);
    logs_.drop(grant.partition);
  }
}

void OwnedPartitions::drop(const std::set<std::int32_t>& partitions) {
  for (const auto partition : partitions) {
    grants_.erase(partition);
    buffers_.clear(partition);
    logs_.drop(partition);
    offset_lost_.erase(partition);
  }
}

void OwnedPartitions::apply(const Committed& committed) {
  for (const Advance& advance : committed.advances) {
    Grant& grant = grants_.at(advance.partition);
    grant.next_offset = advance.next_offset;
    grant.batch_no = advance.batch_no;
    grant.published_mark = advance.published_mark;
    logs_.forget_before(advance.partition, advance.next_offset);
  }
}

std::int64_t OwnedPartitions::unhandled() const {
  std::int64_t count = 0;
  for (const auto& [partition, grant] : grants_) {
    count += std::max<std::int64_t>(logs_.end(partition) - grant.next_offset, 0);
  }
  return count;
}

std::set<std::int32_t> OwnedPartitions::numbers() const {
  const auto partitions = std::views::keys(grants_);
  return {partitions.begin(), partitions.end()};
}

void OwnedPartitions::add(core::KafkaMessage message) {
  if (!owns(message.partition())) return;
  offset_lost_.erase(message.partition());
  buffers_.add(std::move(message));
}

void OwnedPartitions::release(Messages handled) {
  buffers_.release(handled);
  backlog_.handled(handled.size());
}

void OwnedPartitions::lose_offset(std::int32_t partition) {
  buffers_.clear(partition);
  offset_lost_.insert(partition);
}

std::vector<core::PartitionOffset> OwnedPartitions::read_positions() const {
  std::vector<core::PartitionOffset> positions;
  for (const auto& [partition, grant] : grants_) {
    const auto stored =
        offset_lost_.contains(partition) ? RD_KAFKA_OFFSET_BEGINNING : grant.next_offset;
    positions.push_back({partition, buffers_.next_offset(partition).value_or(stored)});
  }
  return positions;
}

}  // namespace orderflow::consumers
