#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/values/time.hpp"

namespace orderflow::core {

// What the sessions of a process have learned of their server lately, for each other and for
// readiness. Safe from any thread.
class ServerState {
 public:
  // Of several hosts, the index of the one that a session was set up with last.
  [[nodiscard]] std::size_t answering_host() const { return answering_host_; }
  void has_answered(std::size_t host) { answering_host_ = host; }

  // The server took a session or a statement for none it can serve now (DatabaseRefusal::hinders).
  void refused(std::string what) {
    const std::lock_guard lock(mutex_);
    what_ = std::move(what);
    refused_at_ = std::chrono::steady_clock::now();
  }

  // The last one that is not older than that.
  [[nodiscard]] std::optional<std::string> refusal_within(Duration age) const {
    const std::lock_guard lock(mutex_);
    if (what_.empty() || since(refused_at_) > age) return std::nullopt;
    return what_;
  }

 private:
  std::atomic<std::size_t> answering_host_{0};
  mutable std::mutex mutex_;
  std::string what_;
  SteadyTime refused_at_{};
};

}  // namespace orderflow::core
