#include "core/net/probe_queue.hpp"

namespace orderflow::core {

void ProbeQueue::remove(const Uuid& id) {
  waiting_.erase(id);
  released_.erase(id);
  batch_.erase(id);
  if (waiting_.empty()) {
    next_batch_ = Time::max();
  } else if (!released_.empty() && batch_.empty()) {
    next_batch_ = Time{};
  }
}

std::optional<Uuid> ProbeQueue::next(const CanAsk& can_ask) {
  auto candidate = waiting_.upper_bound(last_probe_);
  for (std::size_t seen = 0; seen < waiting_.size(); ++seen, ++candidate) {
    if (candidate == waiting_.end()) candidate = waiting_.begin();
    if (!can_ask(*candidate)) continue;
    last_probe_ = *candidate;
    return last_probe_;
  }
  return std::nullopt;
}

void ProbeQueue::release(Time now) {
  released_ = waiting_;
  next_batch_ = now;
}

void ProbeQueue::hold() {
  released_.clear();
  batch_.clear();
  next_batch_ = Time::max();
}

std::vector<Uuid> ProbeQueue::take_batch(Time now, const CanAsk& can_ask) {
  std::vector<Uuid> ids;
  batch_.clear();
  for (auto next = released_.begin(); next != released_.end() && ids.size() < kBatch;) {
    if (!can_ask(*next)) {
      ++next;
      continue;
    }
    batch_.insert(*next);
    ids.push_back(*next);
    next = released_.erase(next);
  }
  batch_began_ = now;
  const bool done = batch_.empty() && released_.empty();
  next_batch_ = done ? Time::max() : now + interval_;
  return ids;
}

std::optional<Time> ProbeQueue::batch_under_way() const {
  if (batch_.empty()) return std::nullopt;
  return batch_began_;
}

}  // namespace orderflow::core
