#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "core/net/circuit_breaker.hpp"
#include "core/net/probe_queue.hpp"
#include "core/net/round_trip.hpp"
#include "saga/store/store.hpp"

namespace orderflow::consumers {

using core::Duration;
using core::Time;

// Each participant as this owner's sagas find it, known by its step (a refund counts as one): its
// circuit breaker, the sagas that wait for it and which of them sends the next probe, and how long
// its replies take.
//
// A saga that has run out of attempts is the breaker's time-out, any final reply to any saga its
// answer. A saga that fails alone, while others are answered, opens nothing and keeps its own
// wake-ups.
//
// A memory of what was committed, never the truth: a saga that is forgotten here goes on by its
// wake-up. Owned by the orchestrator; one thread; no I/O, the clock is passed in.
class ParticipantHealth {
 public:
  static constexpr std::size_t kRememberedMax = 200'000;
  // The reply time-out is at most so many times the configured one ...
  static constexpr int kTimeoutFactorMax = 6;
  // ... and no more than this beyond twice of it: promise 6 allows for 30 s, in which the next
  // attempt must have been made.
  static constexpr Duration kTimeoutBeyond = std::chrono::seconds{20};

  explicit ParticipantHealth(Duration probe_interval);

  // Sagas found waiting at a grant. This owner has seen no reply of their participants, so those
  // breakers are open, and the first probe is due at once.
  void restore(const std::vector<saga::WaitingSaga>& waiting);

  // After a commit: the saga's new state ...
  void update(const core::Uuid& order_id, const saga::State& state);
  // ... and what happened to it.
  void observe(const saga::Observation& seen, Time now);

  // The sagas that are no longer ours.
  template <typename Predicate>
  void forget_if(Predicate lost) {
    std::vector<core::Uuid> gone;
    for (const auto& [id, waiting] : waiting_) {
      if (lost(id)) gone.push_back(id);
    }
    for (const auto& id : gone) forget(id);
  }

  [[nodiscard]] core::CircuitBreaker::State breaker(int step) const;
  [[nodiscard]] bool available(int step) const {
    return breaker(step) == core::CircuitBreaker::State::kClosed;
  }

  // How long a reply may take before the command is sent again: `least`, which is configured, or
  // longer by the usual round trip, within the bounds above.
  [[nodiscard]] Duration reply_timeout(int step, Duration least) const;

  // The sagas that shall ask their participant now, of those that can: one for a breaker that is
  // not closed, a batch after it has closed.
  [[nodiscard]] std::vector<core::Uuid> take_probes(Time now,
                                                    const core::ProbeQueue::CanAsk& can_ask);
  // When take_probes() is wanted; Time::max(): not before something changes.
  [[nodiscard]] Time next_probe() const;

  struct Count {
    std::size_t attention = 0;    // Waiting for a person or an answer, paused ones included.
    std::size_t undo_failed = 0;  // Of those, the ones that cannot be undone.
  };
  [[nodiscard]] Count count(int step) const;  // In constant time.

 private:
  struct Waiting {
    int step = 0;
    bool probes = false;  // Not when it is paused.
    bool undo_failed = false;
  };
  struct Participant {
    explicit Participant(Duration probe_interval)
        : breaker(probe_interval), queue(probe_interval) {}

    core::CircuitBreaker breaker;
    core::ProbeQueue queue;
    core::RoundTrip round_trip;
    Count count;
  };

  [[nodiscard]] Participant& participant(int step);
  void remember(const core::Uuid& order_id, const Waiting& waiting);
  void forget(const core::Uuid& order_id);
  static void take_probe(Participant& participant, Time now,
                         const core::ProbeQueue::CanAsk& can_ask, std::vector<core::Uuid>& probes);
  void take_batch(Participant& participant, Time now, const core::ProbeQueue::CanAsk& can_ask,
                  std::vector<core::Uuid>& probes) const;

  Duration probe_interval_;
  std::unordered_map<core::Uuid, Waiting> waiting_;
  std::map<int, Participant> participants_;  // By step.
};

}  // namespace orderflow::consumers
