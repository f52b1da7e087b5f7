#include "http-api/orders/order_rows.hpp"

#include <cstring>

#include "http-api/server/http.hpp"
#include "saga/order/awaited_steps.hpp"

namespace orderflow::http_api {
namespace {

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

std::optional<core::Time> next_retry_at(const saga::State& state) {
  return state.waiting_for == saga::WaitingFor::kRetry ? state.wake_at : std::nullopt;
}

// Attempt and waiting are those of the step that the saga is at, and null for the others. Polls ask
// for this again and again, and nothing in it needs an escape, so it is put together by hand.
void put_step(core::TextBuilder& out, const saga::State& state, int step, saga::StepState reached) {
  out.put(out.view().size() > 1 ? R"(,{"name":")" : R"({"name":")");
  out.put(saga::step_name(saga::kOrderSaga, step));
  out.put(R"(","state":")");
  out.put(saga::to_text(reached));
  if (!state.live() || step != state.step) {
    return out.put(R"(","attempt":null,"next_retry_at":null,"waiting_for":null})");
  }
  out.put(R"(","attempt":)");
  core::put_json_number(out, std::int64_t{state.attempt});
  out.put(R"(,"next_retry_at":)");
  if (const auto retry_at = next_retry_at(state)) {
    core::put_json_string(out, core::rfc3339_text(*retry_at).view());
  } else {
    out.put("null");
  }
  out.put(R"(,"waiting_for":")");
  out.put(saga::to_text(state.waiting_for));
  out.put(R"("})");
}

}  // namespace

OrderRow OrderRow::read(core::PgRow& row) {
  return {core::ShardKey(row.take<core::Uuid>()),
          row.take<core::Uuid>(),
          row.take<std::string>(),
          row.take<std::int64_t>(),
          row.take<std::string>(),
          row.take<std::string>(),
          row.take<std::optional<std::string>>(),
          row.take<bool>(),
          row.take<core::Time>()};
}

core::Uuid EventRow::position() const {
  core::Uuid position;
  std::memcpy(position.bytes.data(), &sequence, sizeof sequence);
  return position;
}

std::int64_t EventRow::sequence_of(const core::Uuid& position) {
  std::int64_t sequence = 0;
  std::memcpy(&sequence, position.bytes.data(), sizeof sequence);
  return sequence;
}

EventRow EventRow::read(core::PgRow& row) {
  return {row.take<std::int64_t>(), row.take<std::string>(), saga::take_status(row),
          row.take<core::Time>(),   row.take<std::string>(), row.take<std::string>(),
          row.take<std::string>()};
}

std::string placed_order_json(const OrderRow& order) {
  Progress progress{order.draft ? saga::OrderStatus::kDraft : saga::OrderStatus::kPendingPayment};
  progress.updated_at = order.created_at;
  return assemble(order, progress);
}

std::string order_json(const OrderWithSaga& order) {
  const saga::State& state = order.saga.state;
  Progress progress{state.status};
  if (!state.failure_code.empty()) {
    progress.failure = JsonObject()
                           .field("code", state.failure_code)
                           .field_or_null("detail", state.failure_detail)
                           .text();
  }
  progress.payment_id = state.payment_id;
  progress.delivery_id = state.delivery_id;
  progress.updated_at = order.saga.updated_at;
  return assemble(order.order, progress);
}

std::string saga_steps_json(const saga::State& state) {
  constexpr std::size_t kUsualBytes = 300;
  core::TextBuilder out(kUsualBytes);
  out.put('[');
  for (const int step : saga::kAwaitedSteps) {
    const bool refund = step == saga::refund_step(saga::kOrderSaga);
    if (refund && !state.refund) continue;
    put_step(out, state, step, refund ? saga::StepState::kSent : state.steps[step]);
  }
  out.put(']');
  return out.take();
}

std::string status_json(const saga::SagaRow& saga) {
  const saga::State& state = saga.state;
  const std::string progress =
      JsonObject()
          .field("id", saga.order_id.uuid)
          .field("state", state.attention ? "needs_attention" : saga::to_text(state.phase))
          .field("step", saga::current_step(state))
          .field("attempt", state.attempt)
          .field("next_retry_at", next_retry_at(state))
          .field("waiting_for", saga::to_text(state.waiting_for))
          .field_or_null("reason", state.reason)
          .field("steps", RawJson{saga_steps_json(state)})
          .text();
  return JsonObject()
      .field("order_id", saga.order_id.uuid)
      .field("status", saga::to_text(state.status))
      .field("terminal", saga::is_terminal(state.status))
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
