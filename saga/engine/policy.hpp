#pragma once

#include <array>
#include <cstdint>

#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "saga/engine/definition.hpp"

namespace orderflow::saga {

using core::Duration;
using core::Uuid;

// How long and how often a step is tried. Values, so that tests and simulations choose their own.
struct RetryPolicy {
  int attempts = 5;
  Duration backoff_initial = std::chrono::milliseconds{200};
  double backoff_multiplier = 2;
  Duration backoff_max = std::chrono::seconds{10};
};

struct Policy {
  RetryPolicy retry;
  // By step index, the refund's included. May be another one for each decision: what was sent
  // before waits as long.
  std::array<Duration, kMaxSteps + 1> reply_timeout{};
  Duration probe_interval = std::chrono::seconds{15};
  // While its participant is down and others probe, a waiting saga's own wake-up is only a net
  // below its owner's memory.
  int held_probe_intervals = 20;

  Policy() { reply_timeout.fill(std::chrono::seconds{5}); }
};

// The pause before the attempt after `attempt`: exponential with full jitter (M. Brooker,
// "Exponential Backoff and Jitter"). The jitter is a hash of the command and the attempt, so that a
// decision stays a function of its inputs and different sagas still spread out.
[[nodiscard]] Duration backoff(const RetryPolicy& policy, const Uuid& command_id, int attempt);

}  // namespace orderflow::saga
