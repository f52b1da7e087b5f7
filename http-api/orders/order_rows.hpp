#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "core/values/shard_key.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"
#include "saga/store/saga_rows.hpp"

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

struct OrderWithSaga {
  OrderRow order;
  saga::SagaRow saga;

  [[nodiscard]] const core::Uuid& position() const { return order.id.uuid; }
  [[nodiscard]] static OrderWithSaga read(core::PgRow& row) {
    return {OrderRow::read(row), saga::SagaRow::read(row)};
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

  // In the pages of its order's history: its sequence, in the 16 bytes of a position.
  [[nodiscard]] core::Uuid position() const;
  [[nodiscard]] static std::int64_t sequence_of(const core::Uuid& position);
  [[nodiscard]] static EventRow read(core::PgRow& row);
};

// The order as it was at the moment it was placed: the answer of POST /orders and of its replays.
[[nodiscard]] std::string placed_order_json(const OrderRow& order);
[[nodiscard]] std::string order_json(const OrderWithSaga& order);
[[nodiscard]] std::string event_json(const EventRow& event);
// Of GET /orders/{id}/status.
// The steps that participants do, in the definition's order, and a refund while one is under way.
[[nodiscard]] std::string saga_steps_json(const saga::State& state);
[[nodiscard]] std::string status_json(const saga::SagaRow& saga);

}  // namespace orderflow::http_api
