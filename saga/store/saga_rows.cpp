#include "saga/store/saga_rows.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "core/values/utf8.hpp"

namespace orderflow::saga {
namespace {

using nlohmann::json;

constexpr std::size_t kQuotedBytesMax = 80;

[[noreturn]] void refuse(const std::string& why) {
  throw core::UnreadableRow("a row of an order", why);
}

template <typename Value>
Value known(std::optional<Value> value, const char* column, const std::string& text) {
  if (value) return *value;
  refuse(std::string(column) + " is '" + std::string(core::first_bytes(text, kQuotedBytesMax)) +
         "', which this program does not know; was it written by a newer one?");
}

SagaPhase take_phase(core::PgRow& row) {
  const auto text = row.take<std::string>();
  return known(parse_phase(text), "phase", text);
}

StepStates take_steps(core::PgRow& row) {
  const auto text = row.take<std::string>();
  return known(parse_step_states(kOrderSaga, text), "steps", text);
}

void take_refund(core::PgRow& row, State& state) {
  const auto column = row.take<std::optional<core::JsonText>>();
  if (!column) return;
  const json refund = json::parse(column->text);
  state.refunded_amount = refund.value("refunded", std::int64_t{0});
  const auto pending = refund.find("pending");
  if (pending == refund.end()) return;
  const auto id = [&](const char* name) {
    const auto text = pending->at(name).get<std::string>();
    return known(Uuid::parse(text), "refund", text);
  };
  state.refund =
      PendingRefund{id("request_id"), id("command_id"), pending->at("amount").get<std::int64_t>()};
}

State take_columns(core::PgRow& row) {
  State state;
  state.version = row.take<std::int64_t>();
  state.status = take_status(row);
  state.phase = take_phase(row);
  state.attention = row.take<bool>();
  state.round = row.take<std::int32_t>();
  state.step = take_step(row);
  state.steps = take_steps(row);
  state.attempt = row.take<std::int32_t>();
  state.event_sequence = row.take<std::int64_t>();
  state.wake_at = row.take<std::optional<Time>>();
  state.waiting_for = take_waiting_for(row);
  state.reason = row.take<std::string>();
  state.failure_code = row.take<std::string>();
  state.failure_detail = row.take<std::string>();
  state.payment_id = row.take<std::optional<Uuid>>();
  state.delivery_id = row.take<std::optional<Uuid>>();
  state.open_request = row.take<std::optional<Uuid>>();
  take_refund(row, state);
  state.step_started_at = row.take<std::optional<Time>>();
  // No step has the refund's index.
  if (state.step == refund_step(kOrderSaga) && !state.refund) {
    refuse("step is 'refund', yet no refund is under way");
  }
  return state;
}

State take_state(core::PgRow& row, const Uuid& order_id) {
  try {
    return take_columns(row);
  } catch (const core::UnreadableRow& unreadable) {
    throw UnreadableSaga(order_id, unreadable.why());
  } catch (const json::exception& error) {
    throw UnreadableSaga(order_id, std::string("refund is not as expected: ") + error.what());
  }
}

}  // namespace

SagaRow SagaRow::read(core::PgRow& row) {
  const auto order_id = row.take<Uuid>();
  return {core::ShardKey(order_id, row.take<std::int32_t>()), take_state(row, order_id),
          row.take<Time>()};
}

OrderStatus take_status(core::PgRow& row) {
  const auto text = row.take<std::string>();
  return known(parse_order_status(text), "status", text);
}

int take_step(core::PgRow& row) {
  const auto name = row.take<std::optional<std::string>>();
  if (!name) return 0;
  const int step = step_named(kOrderSaga, *name);
  return known(step < 0 ? std::nullopt : std::optional(step), "step", *name);
}

WaitingFor take_waiting_for(core::PgRow& row) {
  const auto text = row.take<std::string>();
  return known(parse_waiting_for(text), "waiting_for", text);
}

bool has_refund(const State& state) { return state.refund || state.refunded_amount != 0; }

std::string refund_json(const State& state) {
  json refund{{"refunded", state.refunded_amount}};
  if (state.refund) {
    refund["pending"] = {{"request_id", state.refund->request_id.to_string()},
                         {"command_id", state.refund->command_id.to_string()},
                         {"amount", state.refund->amount}};
  }
  return refund.dump();
}

}  // namespace orderflow::saga
