#include "http-api/orders/order_statements.hpp"

#include <algorithm>
#include <utility>

#include "core/pg/params.hpp"

namespace orderflow::http_api {
namespace {

using core::PgArray;
using core::PgStatement;
using core::PgType;

constexpr PgStatement kClaimKeys{"api_claim_keys",
                                 R"(
INSERT INTO ops.idempotency_keys (scope, key, body_hash, resource_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::uuid[])
ON CONFLICT DO NOTHING)"};

// Only orders without a key, or whose key this transaction claimed, are inserted.
constexpr PgStatement kInsertOrders{"api_insert_orders",
                                    R"(
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::orders.new_order[]) AS t
  WHERE t.key IS NULL
     OR EXISTS (SELECT FROM ops.idempotency_keys k
                WHERE k.scope = t.scope AND k.key = t.key AND k.resource_id = t.id)
), placed AS (
  INSERT INTO orders.orders (id, user_id, items, total, currency, delivery_address,
                             special_instructions, draft, correlation_id, traceparent, created_at)
  SELECT id, user_id, items, total, currency, delivery_address, special_instructions, draft,
         correlation_id, traceparent, now()
  FROM input
  RETURNING id, created_at
), started AS (
  INSERT INTO orders.sagas (order_id, shard, live, status, phase, round, attempt,
                            waiting_for, wake_at, version, event_sequence, updated_at)
  SELECT id, shard, NOT draft, CASE WHEN draft THEN 'DRAFT' ELSE 'PENDING_PAYMENT' END,
         CASE WHEN draft THEN 'draft' ELSE 'running' END, 1, 0, 'start',
         CASE WHEN draft THEN NULL ELSE now() + interval '2 seconds' END, 0, 0, now()
  FROM input
)
SELECT id, created_at FROM placed)"};
constexpr const char* kNewOrderType = "orders.new_order";
constexpr int kNewOrderColumns = 13;

constexpr PgStatement kReadKeyOwners{
    "api_read_key_owners", core::sql<"SELECT k.scope, k.key, k.body_hash, ", OrderRow::kColumns,
                                     R"(
FROM unnest($1::text[], $2::text[]) AS w(scope, key)
JOIN ops.idempotency_keys k ON k.scope = w.scope AND k.key = w.key
JOIN orders.orders o ON o.id = k.resource_id)">};

void add_order(core::PgRows& rows, const NewOrder& order) {
  const OrderRow& row = order.row;
  rows.row()
      .add(row.id.uuid)
      .add(row.user_id)
      .add(core::PgJson{row.items})
      .add(row.total)
      .add(row.currency)
      .add(core::PgJsonText{row.delivery_address})
      .add(row.special_instructions)
      .add(row.draft)
      .add(order.trace.correlation_id)
      .add(order.trace.traceparent)
      .add(row.id.shard);
  if (order.key) {
    rows.add(order.key->scope).add(order.key->key);
  } else {
    rows.add_null(PgType::kText).add_null(PgType::kText);
  }
}

core::PgCall claim_keys(std::vector<const NewOrder*> keyed) {
  // Sorted by key, so that two processes never wait for each other's keys in a circle.
  std::sort(keyed.begin(), keyed.end(), [](const NewOrder* a, const NewOrder* b) {
    return std::tie(a->key->scope, a->key->key) < std::tie(b->key->scope, b->key->key);
  });
  PgArray scopes(PgType::kText), keys(PgType::kText), hashes(PgType::kBytea),
      resources(PgType::kUuid);
  for (const NewOrder* order : keyed) {
    scopes.add(order->key->scope);
    keys.add(order->key->key);
    hashes.add(order->key->request_hash);
    resources.add(order->row.id.uuid);
  }
  core::PgCall call{&kClaimKeys, {}};
  call.params.array(scopes).array(keys).array(hashes).array(resources);
  return call;
}

}  // namespace

std::vector<core::PgCall> insert_orders(std::span<const NewOrder* const> orders) {
  core::PgRows rows(kNewOrderType, kNewOrderColumns, orders.size());
  std::vector<const NewOrder*> keyed;
  for (const NewOrder* order : orders) {
    add_order(rows, *order);
    if (order->key) keyed.push_back(order);
  }
  std::vector<core::PgCall> calls;
  if (!keyed.empty()) calls.push_back(claim_keys(std::move(keyed)));
  core::PgCall insert{&kInsertOrders, {}};
  insert.params.rows(std::move(rows));
  calls.push_back(std::move(insert));
  return calls;
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
