#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/async/blocking.hpp"
#include "core/pg/pool.hpp"
#include "core/values/uuid.hpp"
#include "http-api/orders/validation.hpp"

namespace orderflow::http_api {

// A bounded map whose entries grow old. An entry past its time is refreshed by the first who meets
// it, while others use it a second longer, so that a popular entry's end is no stampede. Safe from
// any thread. Absence is not remembered: what was just created must be found.
template <typename Value>
class AgingCache {
 public:
  using Clock = std::chrono::steady_clock;

  explicit AgingCache(Clock::duration fresh) : fresh_(fresh) {}

  // Empty: the caller must fetch, and then put().
  std::optional<Value> get(const core::Uuid& id) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(id);
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

  void put(const core::Uuid& id, Value value) {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kEntriesMax) {
      std::erase_if(entries_, [&](const auto& e) { return now - e.second.fetched > fresh_; });
      if (entries_.size() >= kEntriesMax) entries_.clear();
    }
    entries_[id] = Entry{std::move(value), now, {}};
  }

  void forget(const core::Uuid& id) {
    const std::lock_guard lock(mutex_);
    entries_.erase(id);
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
  std::unordered_map<core::Uuid, Entry> entries_;
};

// What an order refers to, in other contexts, looked up through caches: products as they were about
// a second ago; of users only that they exist, which nothing takes back.
class Lookups {
 public:
  Lookups(core::DatabasePool& identity, core::DatabasePool& catalogue, BlockingPool& blocking)
      : identity_(identity), catalogue_(catalogue), blocking_(blocking) {}

  asio::awaitable<bool> user_exists(core::Uuid id);
  // One entry for each id, in order; empty where there is no such product.
  asio::awaitable<std::vector<std::optional<PricedProduct>>> products(std::vector<core::Uuid> ids);

  void forget_product(const core::Uuid& id) { products_.forget(id); }

 private:
  using Products = std::unordered_map<core::Uuid, PricedProduct>;
  [[nodiscard]] Products fetch_products(const std::vector<core::Uuid>& ids);

  core::DatabasePool& identity_;
  core::DatabasePool& catalogue_;
  BlockingPool& blocking_;
  AgingCache<bool> users_{std::chrono::minutes{1}};
  AgingCache<PricedProduct> products_{std::chrono::seconds{1}};
};

}  // namespace orderflow::http_api
