#include "saga/store/held_rows.hpp"

namespace orderflow::saga::store {

using core::PgArray;
using core::PgCall;
using core::PgResult;
using core::PgStatement;
using core::PgType;

namespace {

constexpr PgStatement kLoadHeld{"held_load",
                                "SELECT order_id, shard, sequence, reason FROM orders.held_events"
                                " WHERE shard = ANY($1) ORDER BY held_at LIMIT $2"};

constexpr PgStatement kInsertHeld{
    "held_insert",
    "INSERT INTO orders.held_events AS h (order_id, shard, sequence, reason)"
    " SELECT * FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::text[])"
    " ON CONFLICT (order_id) DO UPDATE SET sequence = least(h.sequence, excluded.sequence),"
    " reason = excluded.reason"};

constexpr PgStatement kDeleteHeld{"held_delete",
                                  "DELETE FROM orders.held_events WHERE order_id = ANY($1)"};

constexpr PgStatement kLoadHeldEvents{
    "held_events_load",
    "SELECT e.order_id, e.sequence, e.partition, e.batch_no, e.ordinal, e.type, e.status, e.time,"
    " e.actor, e.correlation_id, e.traceparent, e.data, e.shard"
    " FROM orders.held_events h JOIN orders.events e USING (order_id)"
    " WHERE h.order_id = ANY($1) AND e.sequence >= h.sequence ORDER BY e.order_id, e.sequence"};

constexpr PgStatement kMoveEvents{
    "events_move",
    "UPDATE orders.events e SET partition = m.partition, batch_no = m.batch_no,"
    " ordinal = m.ordinal FROM unnest($1::uuid[], $2::bigint[], $3::int[], $4::bigint[],"
    " $5::int[]) AS m(order_id, sequence, partition, batch_no, ordinal)"
    " WHERE e.order_id = m.order_id AND e.sequence = m.sequence"};

PgArray ids_of(const std::vector<Uuid>& ids) {
  PgArray array(PgType::kUuid);
  for (const Uuid& id : ids) array.add(id);
  return array;
}

}  // namespace

PgCall load_held(const std::vector<std::int32_t>& shards, std::int32_t limit) {
  PgArray array(PgType::kInt4);
  for (const auto shard : shards) array.add(shard);
  PgCall call{&kLoadHeld, {}};
  call.params.array(array).int8(limit);
  return call;
}

std::vector<HeldOrder> read_held(const PgResult& rows) {
  std::vector<HeldOrder> held;
  for (int i = 0; i < rows.rows(); ++i) {
    held.push_back(
        {rows.uuid(i, 0), rows.int4(i, 1), rows.int8(i, 2), std::string(rows.text(i, 3))});
  }
  return held;
}

PgCall insert_held(const std::vector<HeldOrder>& held) {
  PgArray ids(PgType::kUuid), shards(PgType::kInt4), sequences(PgType::kInt8);
  PgArray reasons(PgType::kText);
  for (const HeldOrder& order : held) {
    ids.add(order.order_id);
    shards.add(order.shard);
    sequences.add(order.sequence);
    reasons.add(order.reason);
  }
  PgCall call{&kInsertHeld, {}};
  call.params.array(ids).array(shards).array(sequences).array(reasons);
  return call;
}

PgCall delete_held(const std::vector<Uuid>& order_ids) {
  PgCall call{&kDeleteHeld, {}};
  call.params.array(ids_of(order_ids));
  return call;
}

PgCall load_held_events(const std::vector<Uuid>& order_ids) {
  PgCall call{&kLoadHeldEvents, {}};
  call.params.array(ids_of(order_ids));
  return call;
}

PgCall move_events(const std::vector<StoredEvent>& events) {
  PgArray ids(PgType::kUuid), sequences(PgType::kInt8), partitions(PgType::kInt4);
  PgArray batches(PgType::kInt8), ordinals(PgType::kInt4);
  for (const StoredEvent& stored : events) {
    ids.add(stored.event.order_id);
    sequences.add(stored.event.sequence);
    partitions.add(stored.partition);
    batches.add(stored.batch_no);
    ordinals.add(stored.ordinal);
  }
  PgCall call{&kMoveEvents, {}};
  call.params.array(ids).array(sequences).array(partitions).array(batches).array(ordinals);
  return call;
}

}  // namespace orderflow::saga::store
