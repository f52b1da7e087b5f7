#pragma once

#include "core/values/time.hpp"

namespace orderflow::core {

// Whether requests to a peer are worth sending. Closed: yes. Open: the peer gave no answer, so all
// but a probe each interval should wait. Half-open: the latest probe may still be answered; the
// next one takes its place. Any answer closes it.
//
// Who asks and what counts as a time-out is the caller's business. A value without I/O, the clock
// is passed in; one thread.
class CircuitBreaker {
 public:
  enum class State { kClosed = 0, kHalfOpen = 1, kOpen = 2 };  // As the metric shows it.

  explicit CircuitBreaker(Duration probe_interval) : probe_interval_(probe_interval) {}

  // The peer answered. True: that closed the breaker.
  bool answered(Time now) {
    last_answer_ = now;
    const bool was_closed = closed();
    if (!was_closed) close();
    return !was_closed;
  }
  // A request that was tried for so long has got no answer. True: that opened the breaker. It does
  // when nobody else got one in the latter half of that time; in the first half the peer may still
  // have been up.
  bool timed_out(Duration tried, Time now);

  // By other evidence; the first probe is due then.
  void open(Time first_probe);
  // Nobody is left to send a probe, so the next request finds out.
  void close();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool closed() const { return state_ == State::kClosed; }
  [[nodiscard]] Time last_answer() const { return last_answer_; }

  // When a probe is due; Time::max() while closed.
  [[nodiscard]] Time next_probe() const { return next_probe_; }
  // The due probe was sent, or nobody could send it; the next is due an interval later.
  void probe_sent(Time now);
  void probe_missed(Time now);

 private:
  Duration probe_interval_;
  State state_ = State::kClosed;
  Time last_answer_{};
  Time next_probe_ = Time::max();
};

}  // namespace orderflow::core
