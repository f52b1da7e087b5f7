#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::consumers {

// When which row of an owned partition wants attention: a copy, bounded, of what the rows say. When
// it is full the latest entries are forgotten; whoever owns it reads overdue rows again from the
// database now and then. One thread.
class DueTimers {
 public:
  explicit DueTimers(std::size_t limit) : limit_(limit) {}

  // The partition is owned since then.
  void take(std::int32_t partition, core::Time since) { lanes_[partition].owned_since = since; }
  // Sets or moves a row's time; Time::max() removes it.
  void set(std::int32_t partition, const core::Uuid& id, core::Time due);
  void drop(std::int32_t partition);

  [[nodiscard]] bool contains(std::int32_t partition, const core::Uuid& id) const;
  // The earliest `limit` rows that are due, in order of time. They stay until set() says otherwise.
  [[nodiscard]] std::vector<core::Uuid> due(std::int32_t partition, core::Time now,
                                            std::size_t limit) const;
  // Time::max() when there is none.
  [[nodiscard]] core::Time next(std::int32_t partition) const;
  // Of all partitions but these.
  [[nodiscard]] core::Time next_except(const std::set<std::int32_t>& partitions) const;
  // For how long a row of an owned partition has been due. What had been due before the partition
  // was taken counts from then: nobody could have acted.
  [[nodiscard]] core::Duration overdue(core::Time now) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Lane {
    std::set<std::pair<core::Time, core::Uuid>> by_time;
    std::unordered_map<core::Uuid, core::Time> by_id;
    core::Time owned_since{};
  };
  void erase(Lane& lane, const core::Uuid& id);
  // Forgets the latest of all entries; false when `due` itself is the latest.
  bool make_room(core::Time due);

  std::size_t limit_;
  std::size_t size_ = 0;
  std::map<std::int32_t, Lane> lanes_;
};

}  // namespace orderflow::consumers
