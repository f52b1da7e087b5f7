#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace orderflow::consumers {

// The order in which partitions share what is not enough for all of them: whoever got the last of
// it comes last the next time. Begun at the lowest number each time, those with high numbers would
// get nothing while the low ones want more than there is. A value.
class Rotation {
 public:
  // The keys of a map or set, in their order from behind the one that exhausted it last.
  template <typename Partitions>
  [[nodiscard]] std::vector<std::int32_t> order(const Partitions& partitions) const {
    std::vector<std::int32_t> order;
    order.reserve(partitions.size());
    for (const auto& entry : partitions) order.push_back(number_of(entry));
    const auto first = std::upper_bound(order.begin(), order.end(), last_);
    std::rotate(order.begin(), first, order.end());
    return order;
  }

  // This partition got the last of what there was.
  void exhausted_by(std::int32_t partition) { last_ = partition; }

 private:
  static std::int32_t number_of(std::int32_t partition) { return partition; }
  template <typename Entry>
  static std::int32_t number_of(const Entry& entry) {
    return entry.first;
  }

  std::int32_t last_ = std::numeric_limits<std::int32_t>::min();
};

}  // namespace orderflow::consumers
