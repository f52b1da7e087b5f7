#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "saga/engine/policy.hpp"
#include "tests/simulation/faults.hpp"

namespace orderflow::simulation {

// What happened to one order broke a promise.
struct Violation : std::runtime_error {
  Violation(int which, const std::string& what) : std::runtime_error(what), order(which) {}
  int order;  // -1: not one order's.
};

// Virtual time and what is to happen in it. Things at the same moment happen in the order in which
// they were planned, so a run depends on nothing but its seed.
class Timeline {
 public:
  [[nodiscard]] Time now() const { return now_; }
  void at(Time when, std::function<void()> what) {
    queue_.push({std::max(when, now_), next_++, std::move(what)});
  }
  void after(Duration delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

  // Lets everything happen up to this moment.
  void run_until(Time end) {
    while (!queue_.empty() && queue_.top().when <= end) {
      now_ = queue_.top().when;
      // The queue hands out constant references only; what is taken out is not looked at again.
      const auto what = std::move(const_cast<Planned&>(queue_.top()).what);
      queue_.pop();
      what();
    }
    now_ = end;
  }

 private:
  struct Planned {
    Time when;
    std::uint64_t number;
    std::function<void()> what;
    bool operator<(const Planned& other) const {
      return when != other.when ? when > other.when : number > other.number;
    }
  };
  std::priority_queue<Planned> queue_;
  std::uint64_t next_ = 0;
  Time now_ = std::chrono::sys_days{std::chrono::year{2030} / 1 / 1};
};

// Everything that happened to one watched order, told when the run is repeated for it.
class Trace {
 public:
  explicit Trace(int watched) : watched_(watched) {}
  [[nodiscard]] bool wants(int order) const { return order == watched_ && watched_ >= 0; }
  [[nodiscard]] bool on() const { return watched_ >= 0; }
  [[nodiscard]] int watched() const { return watched_; }
  void add(Time when, const std::string& who, const std::string& what);
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }

 private:
  int watched_;
  std::vector<std::string> lines_;
};

// What the parts of one world share. One thread.
struct Context {
  Context(std::uint64_t seed_of_world, const FaultSwitches& allowed, Defect built_in, int watched)
      : faults(core::split_mix(seed_of_world ^ 1), allowed),
        random(core::split_mix(seed_of_world ^ 2)),
        trace(watched),
        defect(built_in),
        seed(seed_of_world) {}

  Timeline timeline;
  Faults faults;
  Random random;
  Trace trace;
  Defect defect;
  std::uint64_t seed;
  saga::Policy policy;
  Duration database_clock_offset{0};  // What the server's clock is off by, for now.
  Time database_down_until{};
  Time broker_slow_until{};

  [[nodiscard]] Time now() const { return timeline.now(); }
  [[nodiscard]] Time database_now() const { return now() + database_clock_offset; }
  [[nodiscard]] Duration database_latency() {
    return random.between(Duration{200}, std::chrono::milliseconds{3});
  }
  [[nodiscard]] Duration broker_latency() {
    if (now() < broker_slow_until) {
      return random.between(std::chrono::milliseconds{100}, std::chrono::seconds{3});
    }
    return random.between(Duration{200}, std::chrono::milliseconds{4});
  }
};

}  // namespace orderflow::simulation
