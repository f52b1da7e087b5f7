#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/values/money.hpp"
#include "core/values/result.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::events {

using core::Money;
using core::Time;
using core::Uuid;

// ---- orders.inbox -------------------------------------------------------------------------------

// A new order is in the database. Losing it costs two seconds: then its saga's wake-up is due.
struct OrderPlaced {
  static constexpr std::string_view kType = "orderflow.order.placed.v1";
  Uuid order_id;
};

// A row of orders.requests waits to be handled. Losing it costs a second: so often the owner reads
// unhandled rows.
struct RequestMade {
  static constexpr std::string_view kType = "orderflow.order.request.v1";
  Uuid request_id;
  Uuid order_id;
  std::string kind;
};

enum class Phase { kDo, kUndo };
enum class ReplyOutcome {
  kDone,     // final, stored by the participant
  kRefused,  // final, stored: a business reason in `code`
  kFailed,   // technical, not stored: worth another attempt
};

// A participant's answer to a command. A command that is answered says of which phase of its step
// it is, as `kPhase`.
struct Reply {
  static constexpr std::string_view kType = "orderflow.saga.reply.v1";
  Uuid command_id;
  Uuid order_id;
  Phase phase = Phase::kDo;
  ReplyOutcome outcome = ReplyOutcome::kDone;
  std::string code;
  std::string detail;
  std::string data = "{}";  // A JSON object, no white space.
};

// The carrier handed the parcel over. Sent again until acknowledged.
struct DeliveryReport {
  static constexpr std::string_view kType = "orderflow.delivery.report.v1";
  Uuid delivery_id;
  Uuid order_id;
  std::string report;  // "DELIVERED"
  Time reported_at;
};

using InboxMessage = std::variant<OrderPlaced, RequestMade, Reply, DeliveryReport>;

// ---- payments.commands --------------------------------------------------------------------------

// Debits the account once. The payment's id is the command's.
struct CapturePayment {
  static constexpr std::string_view kType = "orderflow.payment.capture.v1";
  static constexpr Phase kPhase = Phase::kDo;
  Uuid command_id;
  Uuid order_id;
  Uuid account_id;
  Money amount;
};

// Gives back what of that capture is not refunded yet; voids a capture that has not come.
struct UndoCapture {
  static constexpr std::string_view kType = "orderflow.payment.undo_capture.v1";
  static constexpr Phase kPhase = Phase::kUndo;
  Uuid command_id;
  Uuid order_id;
  Uuid account_id;
  Money amount;
};

// A refund someone asked for after the sale.
struct RefundPayment {
  static constexpr std::string_view kType = "orderflow.payment.refund.v1";
  static constexpr Phase kPhase = Phase::kDo;
  Uuid command_id;
  Uuid request_id;
  Uuid order_id;
  Uuid payment_id;
  Uuid account_id;
  Money amount;
};

using PaymentCommand = std::variant<CapturePayment, UndoCapture, RefundPayment>;

// ---- delivery.commands --------------------------------------------------------------------------

// The delivery's id is the command's.
struct ScheduleDelivery {
  static constexpr std::string_view kType = "orderflow.delivery.schedule.v1";
  static constexpr Phase kPhase = Phase::kDo;
  Uuid command_id;
  Uuid order_id;
  std::string address;  // A JSON object, no white space.
};

struct CancelDelivery {
  static constexpr std::string_view kType = "orderflow.delivery.cancel.v1";
  static constexpr Phase kPhase = Phase::kUndo;
  Uuid command_id;
  Uuid order_id;
};

// Not answered.
struct AcknowledgeReport {
  static constexpr std::string_view kType = "orderflow.delivery.report_acknowledged.v1";
  Uuid delivery_id;
  Uuid order_id;
};

using DeliveryCommand = std::variant<ScheduleDelivery, CancelDelivery, AcknowledgeReport>;

// ---- orders.events ------------------------------------------------------------------------------

// What happened to an order. `sequence` starts at 1 and has no gaps.
struct OrderEvent {
  Uuid order_id;
  std::int64_t sequence = 0;
  std::string type;    // "OrderPlaced"; on the wire orderflow.order.order_placed.v1
  std::string status;  // the order's status from then on
  Time time;
  std::string actor;
  std::string correlation_id;
  std::string traceparent;
  std::string data;  // A JSON object, no white space.
};

// "OrderPlaced" → "orderflow.order.order_placed.v1".
[[nodiscard]] std::string wire_type_of_event(std::string_view type);

}  // namespace orderflow::events
