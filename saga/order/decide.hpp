#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "events/messages.hpp"
#include "saga/engine/policy.hpp"
#include "saga/order/requests.hpp"
#include "saga/order/state.hpp"

namespace orderflow::saga {

// ---- what comes in ------------------------------------------------------------------------------

struct Start {};  // The order was placed.
struct Wake {};   // The saga's wake-up is due (a stale one is ignored).

struct ReplyReceived {
  events::Reply reply;
  int attempt = 1;  // Of the command that it answers.
};

// Of a saga that waits because its participant does not answer, its owner may say: ask now,
// whatever the wake-up says (it is the one chosen to ask, or the participant answers again) ...
struct Probe {};
// ... or: do not ask though the wake-up is due, since another saga asks for all.
struct Hold {};

// A message of this saga could never be processed: it needs a person.
struct Poisoned {
  std::string reason;
};

// Kafka refuses a command of this saga for good.
struct Unsendable {
  std::string reason;
};

using Input = std::variant<Start, Wake, Probe, Hold, ReplyReceived, events::DeliveryReport, Request,
                           UnreadableRequest, Poisoned, Unsendable>;

// ---- what comes out -----------------------------------------------------------------------------

struct StepCommand {
  Uuid command_id;
  int step = 0;
  events::Phase phase = events::Phase::kDo;
  int attempt = 1;
};
struct RefundCommand {
  PendingRefund refund;
  int attempt = 1;
};
struct AcknowledgeReportCommand {
  Uuid delivery_id;
};
using Command = std::variant<StepCommand, RefundCommand, AcknowledgeReportCommand>;

enum class JobState { kRunning, kDone, kRefused };
[[nodiscard]] std::string_view to_text(JobState state);

struct RequestUpdate {
  Uuid id;
  JobState state = JobState::kRunning;
  std::string code;
  std::string detail;
  std::string result;  // JSON object or empty
};

enum class ObservationKind {
  kStarted,
  kFinished,
  kStepEnded,
  kRetried,
  kTimedOut,
  kCompensated,
  kExhausted,  // A step's attempts ran out without a final answer.
};

// Something worth counting.
struct Observation {
  ObservationKind kind = ObservationKind::kStarted;
  std::string_view step;
  std::string_view outcome;
  Duration took{0};
  int attempt = 0;  // Which one was answered; 0: none was.
};

struct Decision {
  State state;
  std::vector<Command> commands;
  std::vector<events::OrderEvent> events;
  std::vector<RequestUpdate> requests;
  std::vector<Observation> observations;
  bool deferred = false;  // A request that must wait its turn; ask again later.
};

// The whole of the saga's behaviour: a pure function. No I/O, clock, random or id generation; `now`
// is the database's. Unknown, late and repeated inputs leave the state as it is.
[[nodiscard]] Decision decide(const State& state, const OrderFacts& facts, const Input& input,
                              Time now, const Policy& policy);

}  // namespace orderflow::saga
