#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/chaos/dice.hpp"
#include "tests/chaos/options.hpp"

namespace orderflow::chaos {

using Millis = std::chrono::milliseconds;

enum class FaultKind {
  // Processes and servers, one at a time.
  kKill,
  kStop,       // SIGSTOP, and goes on before its session ends.
  kZombie,     // SIGSTOP past the session time-out.
  kRestart,    // In order.
  kKafkaStop,  // In order, and back.
  kKafkaKill,
  kKafkaWipe,  // Comes back remembering nothing.
  kFullQueue,  // Kafka stopped under load, orchestrators with a small outgoing queue.
  kPostgresFast,
  kPostgresImmediate,
  kPostgresKill,
  kSecondOrchestrator,
  kThirdOrchestrator,
  kStopInPipeline,  // At a crash point between the statements and their answer.
  kStopInAssign,    // At the crash point in Kafka's rebalance callback.
  kDieAtPoint,      // At any crash point.
  kReadOnly,        // The database takes no writes.
  kLockedTable,     // A table of one context is locked by a stranger.
  kLockedRow,       // One row is: what a person's open transaction does.
  kOddTimestamps,   // A stranger's messages from 1970, from the year 9999 and without a time.
  kSmallMessages,   // A topic refuses large messages for good, for a while.
  kOtherVersion,    // A role of another build for a while.
  // The network and sessions, beside them.
  kDelay,
  kSwallow,  // Nothing passes, then connections break with what was under way.
  kDeafen,   // Connections stay and never pass anything again; only new ones do, afterwards.
  kRefuse,
  kCut,
  kLoseCommits,
  kTerminateSessions,
};

[[nodiscard]] std::string_view name_of(FaultKind kind);
// Of every kind.
[[nodiscard]] std::vector<std::string> fault_names();

// One fault, complete: nothing about it is decided later.
struct Fault {
  Millis pause{0};  // Since the end of the one before.
  FaultKind kind{};
  std::string target;  // A role, a link or a crash point; empty where there is only one.
  Millis lasts{0};
  int amount = 0;  // Of milliseconds, commits, sessions, passings or bytes.
};

[[nodiscard]] std::string describe(const Fault& fault);

// What happens, in which order and for how long, from the seed alone. Kinds come from a shuffled
// bag, so that each has come before one comes again. `calm` makes every pause so many times as long
// and changes nothing else.
class Schedule {
 public:
  enum class Lane { kProcesses, kNetwork };

  // `only`: the names of kinds, others never come; empty: all do.
  Schedule(std::uint64_t seed, Lane lane, bool has_other_binary, int calm = 1,
           const std::vector<std::string>& only = {});

  // Nothing ever comes.
  [[nodiscard]] bool empty() const { return kinds_.empty(); }
  [[nodiscard]] Fault next();

 private:
  void aim(Fault& fault);

  Dice dice_;
  int calm_;
  std::vector<FaultKind> kinds_;
  std::vector<FaultKind> bag_;
};

// The schedule of a lane in a run with these options.
[[nodiscard]] Schedule schedule_of(const Options& options, Schedule::Lane lane);

}  // namespace orderflow::chaos
