#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/observe/trace.hpp"
#include "core/values/uuid.hpp"
#include "events/messages.hpp"
#include "saga/order/state.hpp"

namespace orderflow::saga {

// What people may ask of an order that is there, one type a kind: a closed set. Each is a row of
// orders.requests (saga/store/request_rows.hpp) before it is answered, its owner decides it, and it
// is the job that GET /jobs/{id} shows.

// What a participant's row says for good about a command. The row is the barrier of both phases and
// never changes back, so it may stand in for a reply that was lost.
enum class CommandOutcome {
  kDone,
  kUndone,
  kVoided,  // Undone, and there was nothing to undo: the action never happened and never will.
};

[[nodiscard]] std::string_view to_text(CommandOutcome outcome);
[[nodiscard]] std::optional<CommandOutcome> parse_command_outcome(std::string_view text);

// The outcome of a command whose action took effect (or not) and was (or was not) undone since.
[[nodiscard]] constexpr CommandOutcome outcome_of(bool took_effect, bool undone) {
  if (!took_effect) return CommandOutcome::kVoided;
  return undone ? CommandOutcome::kUndone : CommandOutcome::kDone;
}

// Whether a saga that waits for the reply to this phase may go on as if it had come. Otherwise an
// order would be delivered unpaid, or cancelled with its money kept.
[[nodiscard]] constexpr bool skip_is_sound(CommandOutcome outcome, events::Phase awaited) {
  const bool done = outcome == CommandOutcome::kDone;
  return awaited == events::Phase::kDo ? done : !done;
}

struct Confirm {
  static constexpr std::string_view kName = "confirm";
};
struct Cancel {
  static constexpr std::string_view kName = "cancel";
};
struct Retry {
  static constexpr std::string_view kName = "retry";
};
struct Pay {
  static constexpr std::string_view kName = "pay";
};
struct Refund {
  static constexpr std::string_view kName = "refund";
  Uuid payment_id;
  std::optional<std::int64_t> amount;  // In minor units; empty: all that is left.
};
struct SetStatus {
  static constexpr std::string_view kName = "set_status";
  OrderStatus target = OrderStatus::kCancelled;
};
struct Resume {
  static constexpr std::string_view kName = "resume";
};
struct Pause {
  static constexpr std::string_view kName = "pause";
};
struct Skip {
  static constexpr std::string_view kName = "skip";
  Uuid command_id;
  CommandOutcome outcome = CommandOutcome::kDone;
};

// Asks Kafka once more to take events that it refused. Changes no saga.
struct ReleaseEvents {
  static constexpr std::string_view kName = "release_events";
};

using RequestKind = std::variant<Confirm, Cancel, Retry, Pay, Refund, SetStatus, Resume, Pause,
                                 Skip, ReleaseEvents>;

[[nodiscard]] std::string_view name_of(const RequestKind& kind);

// The kind of that name, its own fields not filled in; empty for a name that is none's.
[[nodiscard]] std::optional<RequestKind> request_kind_named(std::string_view name);

struct Request {
  Uuid id;  // The job's, and the request's barrier.
  std::string actor;
  std::string reason;  // Empty: none was given.
  Trace trace;
  RequestKind kind;
};

// A row that this program cannot read, e.g. of a kind that only a newer one knows. It is refused,
// so that its job ends.
struct UnreadableRequest {
  Uuid id;
};

}  // namespace orderflow::saga
