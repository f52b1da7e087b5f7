#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <iterator>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "core/async/batch_pace.hpp"

namespace orderflow::core {

struct GroupCommitLimits {
  std::size_t batch_max = 1000;      // Items in one commit.
  std::size_t waiting_max = 10'000;  // Items that may wait behind it.
  bool gathers = true;               // The first of a batch waits for the others (BatchPace).
};

// Group commit: many callers submit items, one thread takes all that wait and commits them as one
// batch; while one batch commits the next one gathers. Under load a transaction then costs each
// caller a fraction; on an idle system nobody waits.
//
// submit() is safe from any thread. `commit` is called on the thread with each batch, may keep the
// items or move from them, and must not throw. Stopping commits what waits.
template <typename Item>
class GroupCommit {
 public:
  using Commit = std::function<void(std::span<Item> batch)>;

  GroupCommit(GroupCommitLimits limits, Commit commit)
      : limits_(limits), commit_(std::move(commit)) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  ~GroupCommit() { stop(); }
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  // False when too many wait already, or after stop(); the item is dropped.
  [[nodiscard]] bool submit(Item item) {
    const std::lock_guard lock(mutex_);
    if (closed_ || waiting_.size() >= limits_.waiting_max) return false;
    waiting_.push_back(std::move(item));
    if (waiting_.size() == 1) wake_.notify_one();
    return true;
  }

  // Takes nothing more; the thread ends once what waits is committed. Returns at once.
  void request_stop() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    thread_.request_stop();
  }
  void stop() {
    request_stop();
    if (thread_.joinable()) thread_.join();
  }

  [[nodiscard]] std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  void run(const std::stop_token& stop) {
    std::vector<Item> batch;
    while (take(stop, batch)) {
      commit_(batch);
      pace_.handled(batch.size());
      batch.clear();
    }
  }

  // False: asked to stop, and nothing waits.
  bool take(const std::stop_token& stop, std::vector<Item>& batch) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, stop, [this] { return !waiting_.empty(); });
    if (waiting_.empty()) return false;
    if (limits_.gathers) gather(lock);
    const auto count = std::min(limits_.batch_max, waiting_.size());
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    batch.assign(std::move_iterator(waiting_.begin()), std::move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return true;
  }

  void gather(std::unique_lock<std::mutex>& lock) const {
    const auto until = std::chrono::steady_clock::now() + pace_.window();
    while (waiting_.size() < pace_.expected() && std::chrono::steady_clock::now() < until) {
      lock.unlock();
      std::this_thread::sleep_for(BatchPace::kStep);
      lock.lock();
    }
  }

  GroupCommitLimits limits_;
  Commit commit_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Item> waiting_;
  bool closed_ = false;
  BatchPace pace_;  // The thread's.
  std::jthread thread_;
};

// Finds the items of a batch that cannot be committed: does `attempt(items)`, and where that throws
// an Error, halves the batch until each culprit stands alone, for which it calls
// `refuse(item, error)`. So one bad item never fails its neighbours. Other exceptions pass through.
template <typename Error, typename Item, typename Attempt, typename Refuse>
void bisect(std::span<Item> items, const Attempt& attempt, const Refuse& refuse) {
  if (items.empty()) return;
  try {
    attempt(items);
    return;
  } catch (const Error& error) {
    if (items.size() == 1) {
      refuse(items.front(), error);
      return;
    }
  }
  const auto half = items.size() / 2;
  bisect<Error>(items.first(half), attempt, refuse);
  bisect<Error>(items.subspan(half), attempt, refuse);
}

}  // namespace orderflow::core
