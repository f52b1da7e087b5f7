#include "core/net/circuit_breaker.hpp"

namespace orderflow::core {

bool CircuitBreaker::timed_out(Duration tried, Time now) {
  if (!closed() || last_answer_ >= now - tried / 2) return false;
  open(now + probe_interval_);
  return true;
}

void CircuitBreaker::open(Time first_probe) {
  state_ = State::kOpen;
  next_probe_ = first_probe;
}

void CircuitBreaker::close() {
  state_ = State::kClosed;
  next_probe_ = Time::max();
}

void CircuitBreaker::probe_sent(Time now) {
  state_ = State::kHalfOpen;
  next_probe_ = now + probe_interval_;
}

void CircuitBreaker::probe_missed(Time now) {
  state_ = State::kOpen;
  next_probe_ = now + probe_interval_;
}

}  // namespace orderflow::core
