#pragma once

#include "core/pg/row.hpp"
#include "core/pg/session.hpp"
#include "core/pg/sql.hpp"
#include "core/values/failure.hpp"
#include "core/values/shard_key.hpp"
#include "saga/order/state.hpp"

namespace orderflow::saga {

// Thrown where a row of orders.sagas holds what this program does not know, and said of that order
// alone: the others of the same result can be read.
class UnreadableSaga : public core::UnreadableRow {
 public:
  UnreadableSaga(const Uuid& order_id, const std::string& why)
      : UnreadableRow("the saga of order " + order_id.to_string(), why), order_id_(order_id) {}

  [[nodiscard]] const Uuid& order_id() const { return order_id_; }

 private:
  Uuid order_id_;
};

// A row of orders.sagas, the one mapping for its owner and for those who only look. In statements
// the table has the alias s. Reading throws UnreadableSaga.
struct SagaRow {
  static constexpr core::SqlText kColumns{
      "s.order_id, s.shard, s.version, s.status, s.phase, s.attention, s.round, s.step, s.steps, "
      "s.attempt, s.event_sequence, s.wake_at, s.waiting_for, s.reason, s.failure_code, "
      "s.failure_detail, s.payment_id, s.delivery_id, s.open_request, s.refund, "
      "s.step_started_at, s.updated_at"};

  core::ShardKey order_id;
  State state;
  Time updated_at;

  [[nodiscard]] static SagaRow read(core::PgRow& row);
};

// $1: the order's id.
inline constexpr core::PgStatement kFindSaga{
    "saga_find",
    core::sql<"SELECT ", SagaRow::kColumns, " FROM orders.sagas s WHERE s.order_id = $1">};

// Columns with a closed set of texts. They throw core::UnreadableRow.
[[nodiscard]] OrderStatus take_status(core::PgRow& row);
[[nodiscard]] WaitingFor take_waiting_for(core::PgRow& row);
// The index of the step that the row names. Null: the saga has not begun, its first.
[[nodiscard]] int take_step(core::PgRow& row);

// What the column `refund` holds. Null instead of it keeps the common row narrow.
[[nodiscard]] bool has_refund(const State& state);
[[nodiscard]] std::string refund_json(const State& state);

}  // namespace orderflow::saga
