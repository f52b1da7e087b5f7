#pragma once

#include <cstdint>

#include "core/net/circuit_breaker.hpp"
#include "core/net/sliding_count.hpp"

namespace orderflow::core {

// The circuit breaker of calls to one target, by the share of them that fail. While it is closed
// every call may go; it opens when so great a share of the calls of a window have failed, if there
// were enough to judge by. After a pause one call goes as a probe: its success closes the breaker,
// its failure begins the pause anew.
//
// What counts as a failure is the caller's business: a target that answers `404` is well. A value
// without I/O, the clock is passed in; one thread.
class CallBreaker {
 public:
  struct Rules {
    Duration window = std::chrono::seconds{10};  // Of the calls that are judged.
    std::int64_t calls_min = 10;                 // In a window, before it is judged.
    double failure_share = 0.5;                  // Of them; as great a share opens the breaker.
    Duration pause = std::chrono::seconds{5};    // Between probes.
  };
  enum class Admission { kRefused, kCall, kProbe };

  explicit CallBreaker(Rules rules);

  // Each call that is admitted ends with ended(), and a probe that never does holds the next one
  // back for a pause.
  [[nodiscard]] Admission admit(Time now);
  void ended(Admission admission, bool failed, Time now);

  [[nodiscard]] CircuitBreaker::State state() const { return breaker_.state(); }
  // When the next probe may go; Time::max() while closed.
  [[nodiscard]] Time next_probe() const { return breaker_.next_probe(); }

 private:
  Rules rules_;
  CircuitBreaker breaker_;
  SlidingCount calls_;
  SlidingCount failures_;
};

}  // namespace orderflow::core
