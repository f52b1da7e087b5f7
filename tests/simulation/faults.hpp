#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tests/simulation/random.hpp"

namespace orderflow::simulation {

// What can go wrong. Each kind can be switched off, and is counted when it strikes.
enum class Fault {
  kCrash,               // a process dies between any two of its steps
  kAnswerLost,          // the commit happened, its answer did not come back
  kLateCommit,          // the connection died during COMMIT, which happens later
  kDatabaseDown,        // no transaction for a while
  kAccountMoved,        // the API adjusts a balance between a batch's read and write
  kMessageLost,         // acknowledged, never seen
  kMessageDoubled,      // seen twice
  kMessageLate,         // seen after what was sent later
  kBrokerSlow,          // everything takes long to be acknowledged
  kBrokerForgets,       // a topic starts again at offset 0, or its oldest part is gone
  kProducerFails,       // what is queued is not sent
  kZombie,              // a process is stopped in mid-step and wakes when others own its work
  kGrantStalls,         // the answer of a grant takes seconds
  kTwoOwners,           // partitions move, the former owner is not told
  kRebalance,           // partitions move
  kParticipantSilent,   // no effect, no reply
  kParticipantFails,    // no effect, a technical failure is answered
  kReplyLost,           // the effect happens, the reply is lost
  kParticipantTwice,    // the reply is sent twice
  kParticipantSlow,     // the reply is sent late
  kParticipantRefuses,  // the card is declined, no carrier is found
  kParticipantBroken,   // never works again for this order, its undo included
  kClockSteps,          // the database's clock jumps
  kClockSkewed,         // a process's clocks are wrong
  kTimerLate,           // timers fire seconds late
  kWorstMoment,         // a person asks between a commit and what follows it
  kEventRefused,        // the broker refuses an event for good, for a while
};
inline constexpr std::size_t kFaultCount = 27;
inline constexpr std::array<std::string_view, kFaultCount> kFaultNames{"crash",
                                                                       "answer-lost",
                                                                       "late-commit",
                                                                       "database-down",
                                                                       "account-moved",
                                                                       "message-lost",
                                                                       "message-doubled",
                                                                       "message-late",
                                                                       "broker-slow",
                                                                       "broker-forgets",
                                                                       "producer-fails",
                                                                       "zombie",
                                                                       "grant-stalls",
                                                                       "two-owners",
                                                                       "rebalance",
                                                                       "participant-silent",
                                                                       "participant-fails",
                                                                       "reply-lost",
                                                                       "participant-twice",
                                                                       "participant-slow",
                                                                       "participant-refuses",
                                                                       "participant-broken",
                                                                       "clock-steps",
                                                                       "clock-skewed",
                                                                       "timer-late",
                                                                       "worst-moment",
                                                                       "event-refused"};

[[nodiscard]] constexpr std::string_view name_of(Fault fault) {
  return kFaultNames[static_cast<std::size_t>(fault)];
}
[[nodiscard]] std::optional<Fault> fault_of(std::string_view name);

using FaultSwitches = std::array<bool, kFaultCount>;
using FaultCounts = std::array<std::uint64_t, kFaultCount>;

// A mistake built into the model on purpose, to show that the simulator would notice it.
enum class Defect {
  kNone,
  kSkipOwnershipCheck,
  kTimersSkipOwnershipCheck,
  kPublishBeforeCommit,
  kPublishOnUnknownCommit,
  kMarkBeforeAcknowledgement,
  kNoRepublishAtGrant,
  kReadBeforeGrant,
  kKeepStateWhenDropped,
  kForgetBarrier,
  kAttemptInCommandId,
  kStoreTechnicalFailure,
  kTrustProcessClock,
  kRequestsByMessageOnly,
  kReportOnce,
  kKeepBrokenProducer,
  kExpectOneByOne,
  kPublishPastHeld,
};

// One world's share of misfortune: which kinds it knows and how often they strike, drawn from its
// seed. Worlds differ on purpose (Groce et al., "Swarm testing"): a run in which everything fails
// all the time hides what a few faults would show.
class Faults {
 public:
  Faults(std::uint64_t seed, const FaultSwitches& allowed);

  // Whether this kind strikes at this opportunity. Never once the faults have ended.
  bool strike(Fault fault);
  // Whether this world knows this kind at all: for what is decided once, at the beginning.
  [[nodiscard]] bool knows(Fault fault) const { return rate(fault) > 0; }
  [[nodiscard]] double rate(Fault fault) const { return rates_[static_cast<std::size_t>(fault)]; }
  void count(Fault fault) { ++counts_[static_cast<std::size_t>(fault)]; }
  void end() { ended_ = true; }
  [[nodiscard]] bool ended() const { return ended_; }

  [[nodiscard]] const FaultCounts& counts() const { return counts_; }
  [[nodiscard]] Random& random() { return random_; }

 private:
  Random random_;
  std::array<double, kFaultCount> rates_{};
  FaultCounts counts_{};
  bool ended_ = false;
};

}  // namespace orderflow::simulation
