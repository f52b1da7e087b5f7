#include "http-api/orders/order_statements.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/pg/params.hpp"
#include "core/values/shard.hpp"
#include "http-api/middleware/key_table.hpp"

namespace orderflow::http_api {
namespace {

using core::PgArray;
using core::PgStatement;
using core::PgType;

constexpr core::SqlText kPlace{R"(, placed AS (
  INSERT INTO orders.orders (id, shard, user_id, items, total, currency, delivery_address,
                             special_instructions, draft, correlation_id, traceparent, created_at)
  SELECT id, shard, user_id, items, total, currency, delivery_address, special_instructions, draft,
         correlation_id, traceparent, created_at
  FROM input
  RETURNING id
), started AS (
  INSERT INTO orders.sagas (order_id, user_id, shard, live, status, resting_status, phase, round,
                            attempt, waiting_for, wake_at, version, event_sequence, updated_at)
  SELECT id, user_id, shard, NOT draft, CASE WHEN draft THEN 'DRAFT' ELSE 'PENDING_PAYMENT' END,
         CASE WHEN draft THEN 'DRAFT'::orders.resting_status END,
         CASE WHEN draft THEN 'draft' ELSE 'running' END, 1, 0, 'start',
         CASE WHEN draft THEN NULL ELSE now() + interval '2 seconds' END, 0, 0, created_at
  FROM input
)
SELECT id FROM placed)"};

constexpr PgStatement kInsertOrders{
    "api_insert_orders",
    core::sql<"WITH input AS MATERIALIZED (SELECT * FROM unnest($1::orders.new_order[]))", kPlace>};

// Only orders without a key, or whose key is claimed here, are inserted. kKeyTable says how keys
// are claimed.
constexpr PgStatement kInsertKeyedOrders{
    "api_insert_keyed_orders",
    core::sql<R"(
WITH wanted AS MATERIALIZED (SELECT * FROM unnest($1::orders.new_order[])),
claimed AS (
  INSERT INTO orders.idempotency_keys (slot, scope, key, shard, request_hash, order_id)
  SELECT )",
              kKeyDay, R"(, scope, key, key_shard, request_hash, id
  FROM wanted w
  WHERE key IS NOT NULL
    AND NOT EXISTS (SELECT FROM orders.idempotency_keys k
                    WHERE k.scope = w.scope AND k.key = w.key AND k.slot = )",
              kKeyDayBefore, R"( OFFSET 0)
  ON CONFLICT DO NOTHING
  RETURNING slot, scope, key, shard, request_hash, order_id
), ahead AS (
  INSERT INTO orders.idempotency_keys (slot, scope, key, shard, request_hash, order_id)
  SELECT )",
              kKeyDayAhead, R"(, scope, key, shard, request_hash, order_id
  FROM claimed WHERE slot <> )",
              kKeyDayAhead, R"(
  ON CONFLICT DO NOTHING
  RETURNING order_id
), input AS MATERIALIZED (
  SELECT * FROM wanted
  WHERE key IS NULL
     OR id IN (SELECT order_id FROM claimed WHERE slot = )",
              kKeyDayAhead, R"(
               UNION ALL SELECT order_id FROM ahead)
))",
              kPlace>};
constexpr const char* kNewOrderType = "orders.new_order";
constexpr int kNewOrderColumns = 16;

constexpr PgStatement kReadKeyOwners{
    "api_read_key_owners", core::sql<"SELECT k.scope, k.key, k.request_hash, ", OrderRow::kColumns,
                                     R"(
FROM unnest($1::text[], $2::text[]) AS w(scope, key)
JOIN orders.idempotency_keys k ON k.scope = w.scope AND k.key = w.key AND )",
                                     kKeyCounts, R"(
JOIN orders.orders o ON o.id = k.order_id)">};

void add_order(core::PgRows& rows, const NewOrder& order) {
  const OrderRow& row = order.row;
  rows.row()
      .add(row.id.uuid)
      .add(row.user_id)
      .add(core::PgJsonText{row.items})
      .add(row.total)
      .add(row.currency)
      .add(core::PgJsonText{row.delivery_address})
      .add(row.special_instructions)
      .add(row.draft)
      .add(order.trace.correlation_id)
      .add(order.trace.traceparent)
      .add(core::time_of(row.id.uuid))
      .add(row.id.shard);
  if (order.key) {
    rows.add(order.key->scope)
        .add(order.key->key)
        .add(core::PgBytes{order.key->request_hash})
        .add(core::shard_of(order.key->key));
  } else {
    rows.add_null(PgType::kText)
        .add_null(PgType::kText)
        .add_null(PgType::kBytea)
        .add_null(PgType::kInt4);
  }
}

bool before(const NewOrder* a, const NewOrder* b) {
  return std::tie(a->key->scope, a->key->key) < std::tie(b->key->scope, b->key->key);
}

}  // namespace

core::PgCall insert_orders(std::span<const NewOrder* const> orders) {
  std::vector<const NewOrder*> keyed;
  core::PgRows rows(kNewOrderType, kNewOrderColumns, orders.size());
  for (const NewOrder* order : orders) {
    if (order->key) {
      keyed.push_back(order);
    } else {
      add_order(rows, *order);
    }
  }
  // Sorted by key, so that two processes never wait for each other's keys in a circle.
  std::sort(keyed.begin(), keyed.end(), before);
  for (const NewOrder* order : keyed) add_order(rows, *order);
  core::PgCall insert{keyed.empty() ? &kInsertOrders : &kInsertKeyedOrders, {}};
  insert.params.rows(std::move(rows));
  return insert;
}

core::PgCall read_key_owners(std::span<const NewOrder* const> orders) {
  PgArray scopes(PgType::kText), keys(PgType::kText);
  for (const NewOrder* order : orders) {
    scopes.add(order->key->scope);
    keys.add(order->key->key);
  }
  core::PgCall call{&kReadKeyOwners, {}};
  call.params.array(scopes).array(keys);
  return call;
}

}  // namespace orderflow::http_api
