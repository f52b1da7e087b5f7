#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/observe/trace.hpp"
#include "core/values/money.hpp"
#include "core/values/shard_key.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "saga/engine/step_states.hpp"
#include "saga/order/order_saga.hpp"

namespace orderflow::saga {

using core::Duration;
using core::Money;
using core::Time;
using core::Trace;
using core::Uuid;

// What a client sees. docs/saga.md has the transitions.
enum class OrderStatus {
  kDraft,
  kPendingPayment,
  kPaid,
  kPaymentFailed,
  kDeliveryScheduled,
  kDelivered,
  kCancelling,
  kCancelled,
  kNeedsAttention,
};

enum class SagaPhase { kDraft, kRunning, kUndoing, kEnded };

// What the saga's one wake-up is for.
enum class WaitingFor {
  kStart,     // the start of a new order
  kReply,     // a participant's answer; the wake-up is the step's time-out
  kRetry,     // the pause before another attempt
  kOperator,  // a person, or a probe that succeeds
  kResume,    // a person's word alone: the saga is paused and has no wake-up
  kNothing,
};

[[nodiscard]] std::string_view to_text(OrderStatus status);
[[nodiscard]] std::string_view to_text(SagaPhase phase);
[[nodiscard]] std::string_view to_text(WaitingFor waiting);
[[nodiscard]] std::optional<OrderStatus> parse_order_status(std::string_view text);
[[nodiscard]] std::optional<SagaPhase> parse_phase(std::string_view text);
[[nodiscard]] std::optional<WaitingFor> parse_waiting_for(std::string_view text);

// How the reasons of sagas that wait for a person begin, besides "<step>: " of a step that got no
// final answer.
namespace attention {
inline constexpr std::string_view kUndoFailed = "undo_failed: ";
inline constexpr std::string_view kPoison = "poison: ";
inline constexpr std::string_view kUnsendable = "unsendable: ";
inline constexpr std::string_view kPaused = "paused: ";
}  // namespace attention

// No further change comes by itself, the carrier's report excepted.
[[nodiscard]] bool is_terminal(OrderStatus status);
// An order may be at it for long: it has ended, or it waits for its customer, the carrier or a
// person. At any other it is being worked on: its saga is live and waits for nobody.
// orders.resting_status has the same ones.
[[nodiscard]] bool is_resting(OrderStatus status);

// A refund that was asked for after the sale and is under way.
struct PendingRefund {
  Uuid request_id;
  Uuid command_id;
  std::int64_t amount = 0;

  bool operator==(const PendingRefund&) const = default;
};

// The saga's row: all that decisions depend on and that changes. A plain value.
struct State {
  std::int64_t version = 0;  // Rises by one with each committed change.
  OrderStatus status = OrderStatus::kPendingPayment;
  SagaPhase phase = SagaPhase::kRunning;
  bool attention = false;
  int round = 1;  // A retry after PAYMENT_FAILED opens the next; command ids differ by it.
  int step = 0;   // The one it is at, or was at last; the refund's while one is under way.
  StepStates steps{kOrderSaga};
  int attempt = 0;
  std::int64_t event_sequence = 0;
  std::optional<Time> wake_at;
  WaitingFor waiting_for = WaitingFor::kStart;
  std::string reason;  // Why it waits; empty when all is well.
  std::string failure_code;
  std::string failure_detail;
  std::optional<Uuid> payment_id;
  std::optional<Uuid> delivery_id;
  std::optional<Uuid> open_request;  // The job that ends when the present course ends.
  std::int64_t refunded_amount = 0;  // By later refunds.
  std::optional<PendingRefund> refund;
  std::optional<Time> step_started_at;

  bool operator==(const State&) const = default;

  [[nodiscard]] bool paused() const { return waiting_for == WaitingFor::kResume; }

  // Live sagas are loaded by their owner and have a wake-up, unless they are paused.
  [[nodiscard]] bool live() const {
    return phase == SagaPhase::kRunning || phase == SagaPhase::kUndoing || refund.has_value();
  }
};

// The name of the step a saga is at, while it is at one that a participant does: a refund too.
[[nodiscard]] std::optional<std::string_view> current_step(const State& state);

// What never changes about an order and its commands need.
struct OrderFacts {
  core::ShardKey order_id;
  core::ShardKey user_id;  // The account's id as well.
  Money total;
  std::string delivery_address;  // JSON
  Trace trace;
  bool draft = false;
  const Definition* definition = &kOrderSaga;
};

}  // namespace orderflow::saga
