#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/chaos/held_lock.hpp"
#include "tests/chaos/options.hpp"
#include "tests/chaos/proxy.hpp"
#include "tests/chaos/schedule.hpp"
#include "tests/support/system.hpp"

namespace orderflow::chaos {

// The proxies between the parts of an installation.
struct Links {
  Proxy postgres;
  Proxy kafka;
  Proxy api;

  [[nodiscard]] Proxy& by_name(const std::string& name);
  void heal();
};

// Does to an installation what a schedule says: at most one fault of processes and servers and one
// of the network at a time. Acts in step() on the caller's thread, which must be the main one,
// since processes are started from it.
class Nemesis {
 public:
  Nemesis(testing::System& system, Links& links, const Options& options);

  // Starts every role behind the proxies.
  void start_roles();
  // Begins and ends whatever is due.
  void step();
  // Everything runs again, and nothing is between. Returns once all roles are ready.
  void heal();

  [[nodiscard]] const std::map<FaultKind, int>& counts() const { return counts_; }
  [[nodiscard]] int faults() const;
  // Ends of processes that nobody asked for.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct LaneState {
    Schedule schedule;
    std::optional<Fault> next;
    bool active = false;
    Clock::time_point due;
  };

  void advance(LaneState& lane);
  void begin(const Fault& fault);
  void begin_network(const Fault& fault);
  void end(const Fault& fault);
  void bring_back(const std::string& role);
  void start_role(const std::string& role, const testing::Environment& more = {});
  void restart_role(const std::string& role, const testing::Environment& more = {});
  void begin_crash_point(const Fault& fault, const char* action);
  void end_crash_point(const Fault& fault);
  void begin_full_queue(const Fault& fault);
  void begin_other_version(const Fault& fault);
  void wipe_kafka();
  void set_read_only(const std::string& on_or_off);
  void lock(const std::string& statement);
  void send_odd_timestamps();
  void restore_topics(const std::vector<std::string>& topics);
  void terminate_sessions(const Fault& fault);
  void look_after_processes();
  [[nodiscard]] testing::Environment behind_proxies(const testing::Environment& more) const;

  testing::System& system_;
  Links& links_;
  std::string other_binary_;
  Clock::time_point began_;
  std::array<LaneState, 2> lanes_;
  std::map<FaultKind, int> counts_;
  std::unique_ptr<HeldLock> lock_;
  std::vector<std::string> problems_;
};

}  // namespace orderflow::chaos
