#include "http-api/orders/records.hpp"

#include "http-api/server/json_text.hpp"
#include "saga/order/order_saga.hpp"
#include "saga/order/state.hpp"

namespace orderflow::http_api {
namespace {

std::string links_json(const core::Uuid& id) {
  const std::string self = "/orders/" + id.to_string();
  return JsonObject()
      .field("self", self)
      .field("status", self + "/status")
      .field("events", self + "/events")
      .text();
}

// The parts that placing and reading have in common, in the order the contract lists them.
struct Progress {
  std::string status;
  std::string failure = "null";
  std::optional<core::Uuid> payment_id;
  std::optional<core::Uuid> delivery_id;
  core::Time updated_at;
};

std::string assemble(const OrderRecord& order, const Progress& progress) {
  const std::string links = links_json(order.id);
  return JsonObject()
      .field("id", order.id)
      .field("user_id", order.user_id)
      .field("status", progress.status)
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

// The step the saga is at, while it is at one.
std::optional<std::string> step_name(const SagaRecord& saga) {
  const auto count = static_cast<std::int32_t>(std::size(saga::kOrderSaga.steps));
  const bool at_step = saga.phase == saga::to_text(saga::SagaPhase::kRunning) ||
                       saga.phase == saga::to_text(saga::SagaPhase::kUndoing);
  if (!at_step || saga.step < 0 || saga.step >= count) return std::nullopt;
  const auto& step = saga::kOrderSaga.steps[static_cast<std::size_t>(saga.step)];
  return step.kind == saga::StepKind::kPivot ? std::nullopt : std::optional<std::string>(step.name);
}

}  // namespace

bool is_terminal_status(std::string_view status) {
  const auto parsed = saga::parse_order_status(status);
  return parsed && saga::is_terminal(*parsed);
}

bool is_final_status(std::string_view status) {
  const auto parsed = saga::parse_order_status(status);
  return parsed == saga::OrderStatus::kCancelled || parsed == saga::OrderStatus::kDelivered;
}

std::string placed_order_json(const OrderRecord& order) {
  Progress progress;
  progress.status =
      saga::to_text(order.draft ? saga::OrderStatus::kDraft : saga::OrderStatus::kPendingPayment);
  progress.updated_at = order.created_at;
  return assemble(order, progress);
}

std::string order_json(const OrderWithSaga& order) {
  Progress progress;
  progress.status = order.saga.status;
  if (order.saga.failure_code) {
    progress.failure = JsonObject()
                           .field("code", *order.saga.failure_code)
                           .field("detail", order.saga.failure_detail)
                           .text();
  }
  progress.payment_id = order.saga.payment_id;
  progress.delivery_id = order.saga.delivery_id;
  progress.updated_at = order.saga.updated_at;
  return assemble(order.order, progress);
}

std::string status_json(const SagaRecord& saga) {
  const bool retrying = saga.waiting_for == saga::to_text(saga::WaitingFor::kRetry);
  const std::string progress =
      JsonObject()
          .field("id", saga.order_id)
          .field("state", saga.attention ? std::string("needs_attention") : saga.phase)
          .field("step", step_name(saga))
          .field("attempt", saga.attempt)
          .field("next_retry_at", retrying ? saga.wake_at : std::nullopt)
          .field("waiting_for", saga.waiting_for)
          .field("reason", saga.reason)
          .text();
  return JsonObject()
      .field("order_id", saga.order_id)
      .field("status", saga.status)
      .field("terminal", is_terminal_status(saga.status))
      .field("saga", RawJson{progress})
      .field("updated_at", saga.updated_at)
      .text();
}

std::string event_json(const EventRecord& event) {
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
