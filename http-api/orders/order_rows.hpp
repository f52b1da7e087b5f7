#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/values/shard_key.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "saga/order/state.hpp"

namespace orderflow::http_api {

// Rows of the orders context as the front end reads them, and their JSON. Tables have the aliases o
// (orders.orders), s (orders.sagas) and e (orders.events).

// What was ordered; never changes.
struct OrderRow {
  static constexpr core::SqlText kColumns{
      "o.id, o.user_id, o.items, o.total, o.currency, o.delivery_address, o.special_instructions, "
      "o.draft, o.created_at"};

  core::ShardKey id;
  core::Uuid user_id;
  std::string items;  // JSON
  std::int64_t total = 0;
  std::string currency;
  std::string delivery_address;  // JSON
  std::optional<std::string> special_instructions;
  bool draft = false;
  core::Time created_at;

  [[nodiscard]] static OrderRow read(core::PgRow& row);
};

// How the order is getting on.
struct SagaRow {
  static constexpr core::SqlText kColumns{
      "s.order_id, s.version, s.status, s.phase, s.attention, s.round, s.step, s.steps, s.attempt, "
      "s.wake_at, s.waiting_for, s.reason, s.failure_code, s.failure_detail, s.payment_id, "
      "s.delivery_id, s.updated_at"};

  core::Uuid order_id;
  std::int64_t version = 0;
  saga::OrderStatus status = saga::OrderStatus::kPendingPayment;
  saga::SagaPhase phase = saga::SagaPhase::kRunning;
  bool attention = false;
  std::int32_t round = 0;
  std::int32_t step = 0;
  std::string steps;
  std::int32_t attempt = 0;
  std::optional<core::Time> wake_at;
  saga::WaitingFor waiting_for = saga::WaitingFor::kNothing;
  std::optional<std::string> reason;
  std::optional<std::string> failure_code;
  std::optional<std::string> failure_detail;
  std::optional<core::Uuid> payment_id;
  std::optional<core::Uuid> delivery_id;
  core::Time updated_at;

  [[nodiscard]] static SagaRow read(core::PgRow& row);
};

struct OrderWithSaga {
  OrderRow order;
  SagaRow saga;

  [[nodiscard]] const core::Uuid& position() const { return order.id.uuid; }
  [[nodiscard]] static OrderWithSaga read(core::PgRow& row) {
    return {OrderRow::read(row), SagaRow::read(row)};
  }
};

struct EventRow {
  static constexpr core::SqlText kColumns{
      "e.sequence, e.type, e.status, e.time, e.actor, e.correlation_id, e.data"};

  std::int64_t sequence = 0;
  std::string type;
  saga::OrderStatus status = saga::OrderStatus::kPendingPayment;
  core::Time time;
  std::string actor;
  std::string correlation_id;
  std::string data;  // JSON

  [[nodiscard]] static EventRow read(core::PgRow& row);
};

// The name of the step a saga is at, while it is at one that a participant does.
[[nodiscard]] std::optional<std::string_view> step_name(saga::SagaPhase phase, std::int32_t step);

// The order as it was at the moment it was placed: the answer of POST /orders and of its replays.
[[nodiscard]] std::string placed_order_json(const OrderRow& order);
[[nodiscard]] std::string order_json(const OrderWithSaga& order);
[[nodiscard]] std::string event_json(const EventRow& event);
// Of GET /orders/{id}/status.
[[nodiscard]] std::string status_json(const SagaRow& saga);

}  // namespace orderflow::http_api
