#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace orderflow::core {

// A bounded map whose entries grow old. An entry past its time is refreshed by the first who meets
// it, while others use it a second longer, so that the end of a popular entry is no stampede. Safe
// from any thread. Absence is not remembered: what was just created must be found.
template <typename Key, typename Value>
class AgingCache {
 public:
  using Clock = std::chrono::steady_clock;

  explicit AgingCache(Clock::duration fresh) : fresh_(fresh) {}

  // Empty: the caller must fetch, and then put().
  std::optional<Value> get(const Key& key) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end() || now - found->second.fetched > fresh_ + kBeingRefreshed) {
      return std::nullopt;
    }
    Entry& entry = found->second;
    if (now - entry.fetched > fresh_ && now > entry.refresh_until) {
      entry.refresh_until = now + kRefresh;
      return std::nullopt;
    }
    return entry.value;
  }

  void put(const Key& key, Value value) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kEntriesMax) {
      std::erase_if(entries_, [&](const auto& e) { return now - e.second.fetched > fresh_; });
      if (entries_.size() >= kEntriesMax) entries_.clear();
    }
    entries_[key] = Entry{std::move(value), now, {}};
  }

  void forget(const Key& key) {
    const std::lock_guard lock(mutex_);
    entries_.erase(key);
  }

 private:
  static constexpr auto kRefresh = std::chrono::milliseconds{500};
  static constexpr auto kBeingRefreshed = std::chrono::seconds{1};
  static constexpr std::size_t kEntriesMax = 20'000;

  struct Entry {
    Value value;
    Clock::time_point fetched;
    Clock::time_point refresh_until;
  };
  const Clock::duration fresh_;
  std::mutex mutex_;
  std::unordered_map<Key, Entry> entries_;
};

}  // namespace orderflow::core
