// How long the supervisor waits before it starts a dead process again. A value without clock or
// I/O: the caller says how long the process lived. One object a process, one thread.
#pragma once

#include <chrono>

namespace orderflow::compose {

struct BackoffPolicy {
  std::chrono::milliseconds first{200};
  std::chrono::milliseconds max{10'000};
  // A process that lived this long was healthy; its next death is treated as the first.
  std::chrono::milliseconds reset_after{30'000};
};

class Backoff {
 public:
  explicit Backoff(BackoffPolicy policy = {}) : policy_(policy) {}

  // The pause after a death; it doubles with every death that follows a short life.
  [[nodiscard]] std::chrono::milliseconds next_delay(std::chrono::milliseconds lived);

  // Deaths in a row since the last healthy life.
  [[nodiscard]] int failures() const { return failures_; }

 private:
  BackoffPolicy policy_;
  int failures_ = 0;
};

}  // namespace orderflow::compose
