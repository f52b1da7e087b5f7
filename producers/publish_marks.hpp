#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "core/values/time.hpp"

namespace orderflow::producers {

// Up to which batch of each partition everything is acknowledged: the mark. Pure bookkeeping, so
// that the publisher and the simulator run the same. One thread.
//
// Each message gets a tag that its acknowledgement brings back. A tag belongs to one grant: what a
// partition's former grant still has under way says nothing about the messages of the next.
class PublishMarks {
 public:
  // Starts tracking a partition at its grant: batches up to `mark` are known to be published.
  void begin(std::int32_t partition, std::int64_t mark);

  // One more message of this batch will be handed over; batches of a partition come in order. All
  // messages of a batch are expected before the first is sent: were they counted one by one, the
  // acknowledgement of the first could pass for that of the whole batch.
  [[nodiscard]] std::uint64_t expect(std::int32_t partition, std::int64_t batch_no,
                                     core::SteadyTime now);

  // The owner's partition that a tag counts for.
  [[nodiscard]] static std::int32_t partition_of(std::uint64_t tag);
  // The broker has stored the message with this tag.
  void acknowledged(std::uint64_t tag);

  // The last batch of this partition up to which every message is acknowledged.
  [[nodiscard]] std::int64_t mark(std::int32_t partition) const;

  // How long the oldest unacknowledged message has waited; zero when none does.
  [[nodiscard]] core::Duration oldest_unacknowledged(std::int32_t partition,
                                                     core::SteadyTime now) const;
  [[nodiscard]] core::Duration oldest_unacknowledged(core::SteadyTime now) const;

  void clear() { lanes_.clear(); }

 private:
  // The messages of one batch of one partition that are not acknowledged.
  struct Entry {
    std::int64_t batch_no;
    std::uint32_t outstanding;
    core::SteadyTime since;
  };
  // A partition's batches in commit order; the front is the oldest not fully acknowledged.
  struct Lane {
    std::int64_t mark = 0;
    std::uint64_t first_index = 0;  // Of entries.front().
    std::deque<Entry> entries;
  };

  std::map<std::int32_t, Lane> lanes_;
};

}  // namespace orderflow::producers
