#include "http-api/orders/order_rows.hpp"

#include <stdexcept>

#include "http-api/server/http.hpp"
#include "saga/order/order_saga.hpp"

namespace orderflow::http_api {
namespace {

// Of a text that the owner wrote: anything unknown is another program's, which must not run here.
template <typename Value>
Value known(std::optional<Value> value, const std::string& text) {
  if (!value) throw std::runtime_error("the database says '" + text + "', which is not known");
  return *value;
}

saga::OrderStatus take_status(core::PgRow& row) {
  const auto text = row.take<std::string>();
  return known(saga::parse_order_status(text), text);
}

saga::SagaPhase take_phase(core::PgRow& row) {
  const auto text = row.take<std::string>();
  return known(saga::parse_phase(text), text);
}

saga::WaitingFor take_waiting_for(core::PgRow& row) {
  const auto text = row.take<std::string>();
  return known(saga::parse_waiting_for(text), text);
}

std::string links_json(const core::ShardKey& id) {
  const std::string self = std::string("/orders/").append(id.text.view());
  return JsonObject()
      .field("self", self)
      .field("status", self + "/status")
      .field("events", self + "/events")
      .text();
}

// The parts that placing and reading have in common, in the order the contract lists them.
struct Progress {
  saga::OrderStatus status;
  std::string failure = "null";
  std::optional<core::Uuid> payment_id;
  std::optional<core::Uuid> delivery_id;
  core::Time updated_at;
};

std::string assemble(const OrderRow& order, const Progress& progress) {
  const std::string links = links_json(order.id);
  return JsonObject()
      .field("id", order.id.uuid)
      .field("user_id", order.user_id)
      .field("status", saga::to_text(progress.status))
      .field("items", RawJson{order.items})
      .field("total", core::Money{order.total, order.currency})
      .field("delivery_address", RawJson{order.delivery_address})
      .field("special_instructions", order.special_instructions)
      .field("failure", RawJson{progress.failure})
      .field("payment_id", progress.payment_id)
      .field("delivery_id", progress.delivery_id)
      .field("created_at", order.created_at)
      .field("updated_at", progress.updated_at)
      .field("links", RawJson{links})
      .text();
}

}  // namespace

OrderRow OrderRow::read(core::PgRow& row) {
  return {core::ShardKey(row.take<core::Uuid>()),
          row.take<core::Uuid>(),
          row.take<core::JsonText>().text,
          row.take<std::int64_t>(),
          row.take<std::string>(),
          row.take<std::string>(),
          row.take<std::optional<std::string>>(),
          row.take<bool>(),
          row.take<core::Time>()};
}

SagaRow SagaRow::read(core::PgRow& row) {
  return {row.take<core::Uuid>(),
          row.take<std::int64_t>(),
          take_status(row),
          take_phase(row),
          row.take<bool>(),
          row.take<std::int32_t>(),
          row.take<std::int32_t>(),
          row.take<std::string>(),
          row.take<std::int32_t>(),
          row.take<std::optional<core::Time>>(),
          take_waiting_for(row),
          row.take<std::optional<std::string>>(),
          row.take<std::optional<std::string>>(),
          row.take<std::optional<std::string>>(),
          row.take<std::optional<core::Uuid>>(),
          row.take<std::optional<core::Uuid>>(),
          row.take<core::Time>()};
}

EventRow EventRow::read(core::PgRow& row) {
  return {row.take<std::int64_t>(), row.take<std::string>(), take_status(row),
          row.take<core::Time>(),   row.take<std::string>(), row.take<std::string>(),
          row.take<std::string>()};
}

std::optional<std::string_view> step_name(saga::SagaPhase phase, std::int32_t step) {
  const bool at_step = phase == saga::SagaPhase::kRunning || phase == saga::SagaPhase::kUndoing;
  if (!at_step || step < 0 || step >= static_cast<std::int32_t>(saga::kOrderSaga.size)) {
    return std::nullopt;
  }
  const auto& definition = saga::kOrderSaga.steps[static_cast<std::size_t>(step)];
  if (definition.kind == saga::StepKind::kPivot) return std::nullopt;
  return definition.name;
}

std::string placed_order_json(const OrderRow& order) {
  Progress progress{order.draft ? saga::OrderStatus::kDraft : saga::OrderStatus::kPendingPayment};
  progress.updated_at = order.created_at;
  return assemble(order, progress);
}

std::string order_json(const OrderWithSaga& order) {
  const SagaRow& saga = order.saga;
  Progress progress{saga.status};
  if (saga.failure_code) {
    progress.failure =
        JsonObject().field("code", *saga.failure_code).field("detail", saga.failure_detail).text();
  }
  progress.payment_id = saga.payment_id;
  progress.delivery_id = saga.delivery_id;
  progress.updated_at = saga.updated_at;
  return assemble(order.order, progress);
}

std::string status_json(const SagaRow& saga) {
  const bool retrying = saga.waiting_for == saga::WaitingFor::kRetry;
  const std::string progress =
      JsonObject()
          .field("id", saga.order_id)
          .field("state", saga.attention ? "needs_attention" : saga::to_text(saga.phase))
          .field("step", step_name(saga.phase, saga.step))
          .field("attempt", saga.attempt)
          .field("next_retry_at", retrying ? saga.wake_at : std::nullopt)
          .field("waiting_for", saga::to_text(saga.waiting_for))
          .field("reason", saga.reason)
          .text();
  return JsonObject()
      .field("order_id", saga.order_id)
      .field("status", saga::to_text(saga.status))
      .field("terminal", saga::is_terminal(saga.status))
      .field("saga", RawJson{progress})
      .field("updated_at", saga.updated_at)
      .text();
}

std::string event_json(const EventRow& event) {
  return JsonObject()
      .field("sequence", event.sequence)
      .field("type", event.type)
      .field("time", event.time)
      .field("actor", event.actor)
      .field("correlation_id", event.correlation_id)
      .field("data", RawJson{event.data})
      .text();
}

}  // namespace orderflow::http_api
