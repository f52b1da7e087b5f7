#include "domain/delivery/delivery.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/json/text.hpp"
#include "core/values/backoff.hpp"

namespace orderflow::domain {
namespace {

using core::JsonObject;
using events::Phase;
using events::Reply;
using events::ReplyOutcome;

constexpr std::array<std::pair<DeliveryStatus, const char*>, 5> kDeliveryStatusNames{{
    {DeliveryStatus::kScheduled, "SCHEDULED"},
    {DeliveryStatus::kRefused, "REFUSED"},
    {DeliveryStatus::kVoided, "VOIDED"},
    {DeliveryStatus::kCancelled, "CANCELLED"},
    {DeliveryStatus::kDelivered, "DELIVERED"},
}};

constexpr std::array<const char*, 3> kCarriers{"Swift Parcel", "Northern Post", "Blue Van"};

Reply schedule_reply(const Delivery& delivery) {
  Reply reply{delivery.id, delivery.order_id.uuid, Phase::kDo};
  JsonObject data;
  if (was_scheduled(delivery.status)) {
    data.field("carrier", delivery.carrier)
        .field("delivery_id", delivery.id)
        .field("tracking_number", delivery.tracking_number);
  } else {
    data.field("delivery_id", delivery.id);
    reply.outcome = ReplyOutcome::kRefused;
    reply.code = delivery.code;
    reply.detail = delivery.detail;
  }
  reply.data = data.text();
  return reply;
}

Reply cancel_reply(const Delivery& delivery) {
  Reply reply{delivery.id, delivery.order_id.uuid, Phase::kUndo};
  const bool voided = delivery.status != DeliveryStatus::kCancelled && !delivery.undo_refused;
  reply.data = JsonObject().field("delivery_id", delivery.id).field("voided", voided).text();
  if (delivery.undo_refused) {
    reply.outcome = ReplyOutcome::kRefused;
    reply.code = "too_late";
    reply.detail = "the parcel has been delivered";
  }
  return reply;
}

core::Result<DeliveryVerdict> contradiction() {
  return core::fail("contradiction", "the command names another order than the stored delivery",
                    "look for a producer that reuses command ids");
}

// The carrier and its number follow from the id, so that the simulation repeats itself.
void assign_carrier(Delivery& delivery) {
  const auto id = delivery.id.text();
  delivery.carrier = kCarriers[delivery.id.bytes[15] % kCarriers.size()];
  delivery.tracking_number = "OF";
  for (const char c : id.view().substr(24)) {
    delivery.tracking_number += static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
  }
}

core::Result<DeliveryVerdict> handle_one(DeliveryRecords& records,
                                         const events::ScheduleDelivery& command,
                                         const DeliveryContext& context,
                                         const DeliveryPolicy& policy) {
  if (const Delivery* stored = records.find(command.command_id)) {
    if (stored->order_id.uuid != command.order_id) return contradiction();
    return DeliveryVerdict{schedule_reply(*stored), true};
  }
  Delivery delivery;
  delivery.id = command.command_id;
  delivery.order_id = context.order_id;
  delivery.address = command.address;
  delivery.trace = context.trace;
  delivery.updated_at = context.now;
  if (context.no_carrier) {
    delivery.status = DeliveryStatus::kRefused;
    delivery.code = "no_carrier";
    delivery.detail = "no carrier takes the parcel to that address";
  } else {
    delivery.live = true;
    delivery.carrier_due_at = context.now + policy.carrier_time;
    assign_carrier(delivery);
  }
  DeliveryVerdict verdict{schedule_reply(delivery), false, "scheduled"};
  records.insert(std::move(delivery));
  return verdict;
}

core::Result<DeliveryVerdict> handle_one(DeliveryRecords& records,
                                         const events::CancelDelivery& command,
                                         const DeliveryContext& context, const DeliveryPolicy&) {
  const Delivery* stored = records.find(command.command_id);
  if (stored == nullptr) {
    Delivery delivery;
    delivery.id = command.command_id;
    delivery.order_id = context.order_id;
    delivery.status = DeliveryStatus::kVoided;
    delivery.code = "voided";
    delivery.detail = "the delivery was cancelled before its schedule arrived";
    delivery.undone_at = context.now;
    delivery.trace = context.trace;
    delivery.updated_at = context.now;
    DeliveryVerdict verdict{cancel_reply(delivery), false, "voided"};
    records.insert(std::move(delivery));
    return verdict;
  }
  if (stored->order_id.uuid != command.order_id) return contradiction();
  if (stored->undone_at) return DeliveryVerdict{cancel_reply(*stored), true};
  Delivery& delivery = records.change(command.command_id);
  delivery.undone_at = context.now;
  delivery.updated_at = context.now;
  if (delivery.status == DeliveryStatus::kDelivered) {
    delivery.undo_refused = true;
  } else if (delivery.status == DeliveryStatus::kScheduled) {
    delivery.status = DeliveryStatus::kCancelled;
    delivery.live = false;
  }
  return DeliveryVerdict{cancel_reply(delivery), false, "cancelled"};
}

core::Result<DeliveryVerdict> handle_one(DeliveryRecords& records,
                                         const events::AcknowledgeReport& command,
                                         const DeliveryContext& context, const DeliveryPolicy&) {
  const Delivery* stored = records.find(command.delivery_id);
  if (stored != nullptr && stored->order_id.uuid != command.order_id) return contradiction();
  const bool awaited = stored != nullptr && stored->status == DeliveryStatus::kDelivered &&
                       !stored->report_acknowledged_at;
  if (!awaited) return DeliveryVerdict{std::nullopt, true};
  Delivery& delivery = records.change(command.delivery_id);
  delivery.report_acknowledged_at = context.now;
  delivery.updated_at = context.now;
  delivery.live = false;
  return DeliveryVerdict{std::nullopt, false, "acknowledged"};
}

}  // namespace

const char* name_of(DeliveryStatus status) {
  for (const auto& [value, name] : kDeliveryStatusNames) {
    if (value == status) return name;
  }
  return "REFUSED";
}

std::optional<DeliveryStatus> delivery_status_of(std::string_view name) {
  for (const auto& [value, known] : kDeliveryStatusNames) {
    if (known == name) return value;
  }
  return std::nullopt;
}

Time due_time(const Delivery& delivery, const DeliveryPolicy& policy) {
  if (!delivery.live) return Time::max();
  if (delivery.status == DeliveryStatus::kScheduled) {
    return delivery.carrier_due_at.value_or(Time::max());
  }
  const core::Backoff backoff{policy.report_backoff_initial, policy.report_backoff_max};
  return delivery.updated_at + backoff.after(delivery.report_attempts);
}

const Uuid& delivery_of(const events::DeliveryCommand& command) {
  return std::visit(
      [](const auto& message) -> const Uuid& {
        if constexpr (requires { message.delivery_id; }) {
          return message.delivery_id;
        } else {
          return message.command_id;
        }
      },
      command);
}

core::Result<DeliveryVerdict> handle(DeliveryRecords& records,
                                     const events::DeliveryCommand& command,
                                     const DeliveryContext& context, const DeliveryPolicy& policy) {
  return std::visit(
      [&](const auto& message) { return handle_one(records, message, context, policy); }, command);
}

std::optional<events::DeliveryReport> fire(DeliveryRecords& records, const Uuid& id, Time now,
                                           const DeliveryPolicy& policy) {
  const Delivery* stored = records.find(id);
  if (stored == nullptr || due_time(*stored, policy) > now) return std::nullopt;
  Delivery& delivery = records.change(id);
  if (delivery.status == DeliveryStatus::kScheduled) {
    delivery.status = DeliveryStatus::kDelivered;
    delivery.delivered_at = now;
  }
  delivery.report_attempts += 1;
  delivery.updated_at = now;
  return events::DeliveryReport{delivery.id, delivery.order_id.uuid, "DELIVERED",
                                delivery.delivered_at.value_or(now)};
}

Reply technical_failure(const events::DeliveryCommand& command, std::string detail) {
  Reply reply = std::visit(
      [](const auto& message) -> Reply {
        if constexpr (requires { message.kPhase; }) {
          return {message.command_id, message.order_id, message.kPhase};
        } else {
          return {};
        }
      },
      command);
  reply.outcome = ReplyOutcome::kFailed;
  reply.code = "unavailable";
  reply.detail = std::move(detail);
  return reply;
}

}  // namespace orderflow::domain
