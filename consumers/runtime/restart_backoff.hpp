#pragma once

#include "core/values/time.hpp"

namespace orderflow::consumers {

// Between half of `around` and half as much again, so that owners that failed together do not come
// back together.
[[nodiscard]] core::Duration jittered(core::Duration around);

// How long an owner that failed waits before it begins again: exponential backoff with jitter, from
// 50 ms to 2 s around, until something has succeeded. One thread.
class RestartBackoff {
 public:
  // When the wait that begins now is over.
  [[nodiscard]] core::SteadyTime next_end();
  void succeeded() { failures_ = 0; }

 private:
  int failures_ = 0;
};

}  // namespace orderflow::consumers
