#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/observe/trace.hpp"
#include "core/values/result.hpp"
#include "core/values/shard_key.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "domain/tracked_rows.hpp"
#include "events/messages.hpp"

namespace orderflow::domain {

using core::Duration;
using core::Time;
using core::Uuid;

enum class DeliveryStatus { kScheduled, kRefused, kVoided, kCancelled, kDelivered };

// One row a schedule command: the barrier of both its phases. The row's existence makes the
// do-phase final, `undone_at` the undo-phase. `live` while a timer is due: the carrier, then the
// report.
struct Delivery {
  Uuid id;
  core::ShardKey order_id;
  DeliveryStatus status = DeliveryStatus::kScheduled;
  std::string code;
  std::string detail;
  std::string carrier;
  std::string tracking_number;
  std::string address = "{}";  // A JSON object, serialized; empty when it was not read.
  std::optional<Time> undone_at;
  bool undo_refused = false;
  bool live = false;
  std::optional<Time> carrier_due_at;
  std::optional<Time> delivered_at;
  int report_attempts = 0;
  std::optional<Time> report_acknowledged_at;
  core::Trace trace;
  Time updated_at;
};

// Whether a carrier took it, whatever became of it since.
[[nodiscard]] constexpr bool was_scheduled(DeliveryStatus status) {
  return status != DeliveryStatus::kRefused && status != DeliveryStatus::kVoided;
}

[[nodiscard]] const char* name_of(DeliveryStatus status);
[[nodiscard]] std::optional<DeliveryStatus> delivery_status_of(std::string_view name);

// How the carrier behaves and how patiently its reports are repeated.
struct DeliveryPolicy {
  Duration carrier_time = std::chrono::seconds{20};
  Duration report_backoff_initial = std::chrono::seconds{2};
  // Short enough that a report lost with the broker comes again within the time of promise 6.
  Duration report_backoff_max = std::chrono::seconds{10};
};

// When this delivery wants to be looked at next: the carrier hands it over, or its report has
// waited long enough for an acknowledgement. Time::max() when never.
[[nodiscard]] Time due_time(const Delivery& delivery, const DeliveryPolicy& policy);

// The deliveries that one batch is about.
using DeliveryRecords = TrackedRows<Delivery>;

// Circumstances of one command.
struct DeliveryContext {
  core::ShardKey order_id;  // The command's.
  Time now;
  bool no_carrier = false;  // The simulated carriers all say no to this one.
  core::Trace trace;
};

// What a command came to. An acknowledgement has no reply.
struct DeliveryVerdict {
  std::optional<events::Reply> reply;
  bool repeated = false;
  std::string_view outcome{};  // Of one that is done for the first time, in a word, for a metric.
};

// Which delivery a command is about; its row need not be there.
[[nodiscard]] const Uuid& delivery_of(const events::DeliveryCommand& command);

// Applies one command to the records and answers it. Replies are built from what is stored, so that
// the answer to a repeated command is the same to the byte.
//
// An Error (code `contradiction`) means the command names another order than the stored row of its
// id; it can never be processed and nothing was changed.
[[nodiscard]] core::Result<DeliveryVerdict> handle(DeliveryRecords& records,
                                                   const events::DeliveryCommand& command,
                                                   const DeliveryContext& context,
                                                   const DeliveryPolicy& policy);

// Fires a delivery's timer, if it is due: hands it over, or repeats its report. Returns the report
// to send, if any.
[[nodiscard]] std::optional<events::DeliveryReport> fire(DeliveryRecords& records, const Uuid& id,
                                                         Time now, const DeliveryPolicy& policy);

// The answer to a command that was given up for a technical reason. Nothing is stored.
[[nodiscard]] events::Reply technical_failure(const events::DeliveryCommand& command,
                                              std::string detail);

}  // namespace orderflow::domain
