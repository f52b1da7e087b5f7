// How long the supervisor waits before it starts a dead process again. A value without clock or
// I/O: the caller says how long the process lived. One object a process, one thread.
#pragma once

#include <chrono>

#include "core/values/backoff.hpp"

namespace orderflow::compose {

struct RestartPolicy {
  core::Backoff pause{std::chrono::milliseconds{200}, std::chrono::seconds{10}};
  // A process that lived this long was healthy; its next death is treated as the first.
  std::chrono::seconds healthy_after{30};
};

class RestartBackoff {
 public:
  explicit RestartBackoff(RestartPolicy policy = {}) : policy_(policy) {}

  // The pause after a death; it doubles with every death that follows a short life.
  [[nodiscard]] core::Duration next_pause(core::Duration lived) {
    if (lived >= policy_.healthy_after) failures_ = 0;
    return policy_.pause.after(++failures_);
  }

 private:
  RestartPolicy policy_;
  int failures_ = 0;
};

}  // namespace orderflow::compose
