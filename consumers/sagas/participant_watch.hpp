#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "consumers/runtime/patience.hpp"
#include "saga/store/store.hpp"

namespace orderflow::consumers {

using core::Duration;
using core::Time;

// Which participants seem to be down, which of the sagas that wait for them asks next, and how long
// an answer may take before it is asked for again. One for each owner process, about its own sagas;
// a participant is known by the step it does.
//
// A participant is believed down when a saga has run out of attempts and nothing at all was
// answered in the latter half of the time it tried (in the first half it may still have been up).
// From then on one waiting saga asks each probe interval, in turn, so that one order the
// participant never answers hides nothing. The first answer to any saga ends it: those that wait
// then ask in waves, the next when the last is answered. A saga that fails alone, while others are
// answered, keeps its own wake-ups.
//
// A memory of what was committed, never the truth: what is forgotten comes back by its wake-up.
// Owned by the orchestrator; one thread; no I/O, the clock is passed in.
class ParticipantWatch {
 public:
  static constexpr std::size_t kWave = 100;
  static constexpr std::size_t kRememberedMax = 200'000;
  static constexpr int kPatienceMax = 6;  // Times the configured time-out ...
  // ... and no more than this beyond twice of it: promise 6 allows for 30 s, in which the next
  // attempt must have been made.
  static constexpr Duration kPatienceBeyond = std::chrono::seconds{20};

  explicit ParticipantWatch(Duration probe_interval);

  // Sagas found waiting at a grant: nobody here has seen their participants answer, so one asks.
  void found(const std::vector<saga::WaitingSaga>& waiting);

  // After a commit: how the saga stands now ...
  void stands(const core::Uuid& order_id, const saga::State& state);
  // ... and what happened to it.
  void observe(const saga::Observation& seen, Time now);

  // The saga is no longer ours.
  template <typename Predicate>
  void forget_if(Predicate lost) {
    std::vector<core::Uuid> gone;
    for (const auto& [id, waiting] : waiting_) {
      if (lost(id)) gone.push_back(id);
    }
    for (const auto& id : gone) forget(id);
  }

  [[nodiscard]] bool down(int step) const;

  // How long the participant may take before it is asked again: `least` or longer, within the
  // bounds above.
  [[nodiscard]] Duration patience(int step, Duration least) const;

  // The sagas that shall ask now, of those that can (`can_ask` of an id); at most one for a
  // participant that is down, else a wave. The others keep their turn.
  using CanAsk = std::function<bool(const core::Uuid&)>;
  [[nodiscard]] std::vector<core::Uuid> take_turns(Time now, const CanAsk& can_ask);
  // When take_turns() is wanted; Time::max(): not before something changes.
  [[nodiscard]] Time next_turn() const;

  struct Count {
    std::size_t attention = 0;    // Waiting for a person or an answer, paused ones included.
    std::size_t undo_failed = 0;  // Of those, the ones that cannot be undone.
  };
  [[nodiscard]] Count count(int step) const;  // In constant time.

 private:
  struct Waiting {
    int step = 0;
    bool asks = false;  // Not when it is paused.
    bool undo_failed = false;
  };
  struct Participant {
    bool down = false;
    Time last_answer{};
    Patience patience;
    Time next_turn = Time::max();
    std::set<core::Uuid> askers;
    core::Uuid last_asker;
    std::set<core::Uuid> released;           // To ask in a later wave.
    std::unordered_set<core::Uuid> in_wave;  // Asked, not answered yet.
    Time wave_began{};
    Count count;
  };

  void remember(const core::Uuid& order_id, const Waiting& waiting);
  void forget(const core::Uuid& order_id);
  void believe_down(Participant& participant, Time now);
  void answered(Participant& participant, Time now);
  void take_one(Participant& participant, Time now, const CanAsk& can_ask,
                std::vector<core::Uuid>& turns);
  void take_wave(Participant& participant, Time now, const CanAsk& can_ask,
                 std::vector<core::Uuid>& turns);

  Duration probe_interval_;
  std::unordered_map<core::Uuid, Waiting> waiting_;
  std::map<int, Participant> participants_;
};

}  // namespace orderflow::consumers
