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
    refused_ = {std::move(what), std::chrono::steady_clock::now()};
  }

  // A session was not set up in time. The next one takes as long until it is known to be late too,
  // so this one counts that much longer, or until a session is set up.
  void kept_waiting(std::string what, Duration next) {
    const std::lock_guard lock(mutex_);
    kept_waiting_ = {std::move(what), std::chrono::steady_clock::now() + next};
  }
  void has_let_in() {
    const std::lock_guard lock(mutex_);
    kept_waiting_ = {};
  }

  // The last one that is not older than that.
  [[nodiscard]] std::optional<std::string> refusal_within(Duration age) const {
    const std::lock_guard lock(mutex_);
    for (const Told* told : {&refused_, &kept_waiting_}) {
      if (!told->what.empty() && since(told->at) <= age) return told->what;
    }
    return std::nullopt;
  }

 private:
  struct Told {
    std::string what;
    SteadyTime at{};
  };

  std::atomic<std::size_t> answering_host_{0};
  mutable std::mutex mutex_;
  Told refused_;
  Told kept_waiting_;
};

}  // namespace orderflow::core
