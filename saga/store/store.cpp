#include "saga/store/store.hpp"

#include "core/pg/row.hpp"
#include "core/pg/sql.hpp"
#include "saga/store/request_rows.hpp"

namespace orderflow::saga::store {

using core::PgArray;
using core::PgCall;
using core::PgJson;
using core::PgResult;
using core::PgRows;
using core::PgStatement;
using core::PgType;

namespace {

constexpr PgStatement kLoadSagas{
    "sagas_load",
    core::sql<"SELECT ", SagaRow::kColumns,
              ", o.user_id, o.total, o.currency, o.delivery_address, o.correlation_id,"
              " o.traceparent, o.draft FROM unnest($1::uuid[]) AS wanted(id)"
              " JOIN orders.sagas s ON s.order_id = wanted.id"
              " JOIN orders.orders o ON o.id = wanted.id">};

constexpr PgStatement kLoadLive{
    "sagas_live",
    "SELECT order_id, wake_at, shard FROM orders.sagas WHERE live AND shard = ANY($1)"
    " AND wake_at IS NOT NULL LIMIT $2"};

constexpr PgStatement kLoadOverdue{
    "sagas_overdue",
    "SELECT order_id, wake_at, shard FROM orders.sagas WHERE live AND shard = ANY($1)"
    " AND wake_at < clock_timestamp() - interval '1 second' - CASE waiting_for WHEN 'start' THEN"
    " ($2::bigint[])[1 + shard % cardinality($2::bigint[])] * interval '1 microsecond'"
    " ELSE interval '0' END AND order_id <> ALL($3) LIMIT $4"};

constexpr PgStatement kLoadWaiting{
    "sagas_waiting",
    "SELECT order_id, step, waiting_for, coalesce(reason, '') FROM orders.sagas"
    " WHERE attention AND shard = ANY($1) LIMIT $2"};

#define ORDERFLOW_REQUEST_COLUMNS                                                              \
  "order_id, id, kind, amount, payment_id, coalesce(target_status, ''), coalesce(reason, '')," \
  " actor, correlation_id, traceparent, command_id, coalesce(command_outcome, ''), shard"

constexpr PgStatement kLoadRequests{"requests_load",
                                    "SELECT " ORDERFLOW_REQUEST_COLUMNS
                                    " FROM orders.requests WHERE id = ANY($1) AND NOT handled"
                                    " ORDER BY accepted_at, id"};

// Of each order the oldest of each kind: requests that wait their turn behind another of their kind
// must not fill the page before those of other orders. Only narrow rows are sorted.
constexpr PgStatement kLoadUnhandled{
    "requests_unhandled",
    "SELECT " ORDERFLOW_REQUEST_COLUMNS
    " FROM orders.requests WHERE id = ANY (ARRAY(SELECT id FROM"
    " (SELECT DISTINCT ON (order_id, kind) id, accepted_at FROM orders.requests"
    " WHERE NOT handled AND shard = ANY($1) AND order_id <> ALL($2)"
    " ORDER BY order_id, kind, accepted_at, id) AS oldest"
    " ORDER BY accepted_at, id LIMIT $3)) ORDER BY accepted_at, id"};

#undef ORDERFLOW_REQUEST_COLUMNS

constexpr const char* kSagaChange = "orders.saga_change";
constexpr int kSagaChangeColumns = 23;
constexpr PgStatement kSaveSagas{
    "sagas_save",
    "WITH u AS (UPDATE orders.sagas s SET version = c.version, live = c.live,"
    " attention = c.attention, status = c.status,"
    " resting_status = CASE WHEN c.resting THEN c.status::orders.resting_status END,"
    " phase = c.phase, round = c.round, step = c.step,"
    " steps = c.steps, attempt = c.attempt, event_sequence = c.event_sequence,"
    " wake_at = c.wake_at, waiting_for = c.waiting_for, reason = c.reason,"
    " failure_code = c.failure_code, failure_detail = c.failure_detail,"
    " payment_id = c.payment_id, delivery_id = c.delivery_id, open_request = c.open_request,"
    " refund = c.refund, step_started_at = c.step_started_at, updated_at = $2"
    " FROM unnest($1::orders.saga_change[]) AS c"
    " WHERE s.order_id = c.order_id AND s.version = c.expected_version RETURNING 1)"
    " SELECT CASE WHEN count(*) = $3 THEN 1 ELSE ops.raise_fenced('orders.sagas') END FROM u"};

constexpr const char* kEventRow = "orders.event_row";
constexpr int kEventRowColumns = 13;
constexpr PgStatement kInsertEvents{
    "events_insert",
    "INSERT INTO orders.events (order_id, shard, sequence, partition, batch_no, ordinal, type,"
    " status, time, actor, correlation_id, traceparent, data)"
    " SELECT * FROM unnest($1::orders.event_row[])"};

constexpr PgStatement kUpdateRequests{
    "requests_update",
    "UPDATE orders.requests r SET handled = true, state = c.state,"
    " outcome_code = nullif(c.code, ''), outcome_detail = nullif(c.detail, ''),"
    // The time is the batch's, which may have begun before the request was accepted.
    " result = c.result, running_at = coalesce(r.running_at, greatest($6, r.accepted_at)),"
    " ended_at = CASE WHEN c.state IN ('done', 'refused')"
    "                 THEN greatest($6, r.accepted_at, r.running_at) ELSE r.ended_at END"
    " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::jsonb[])"
    " AS c(id, state, code, detail, result) WHERE r.id = c.id AND r.ended_at IS NULL"};

constexpr PgStatement kLoadEvents{
    "events_after",
    "SELECT order_id, sequence, partition, batch_no, ordinal, type, status, time, actor,"
    " correlation_id, traceparent, data, shard FROM orders.events"
    " WHERE partition = $1 AND (batch_no, ordinal) > ($2, $3)"
    " ORDER BY batch_no, ordinal LIMIT $4"};

template <typename T>
PgArray array_of(PgType type, const std::vector<T>& values) {
  PgArray array(type);
  for (const auto& value : values) array.add(value);
  return array;
}

Saga read_saga(core::PgRow& row) {
  SagaRow saga = SagaRow::read(row);
  OrderFacts facts;
  facts.order_id = saga.order_id;
  facts.user_id = core::ShardKey(row.take<Uuid>());
  facts.total.amount = row.take<std::int64_t>();
  facts.total.currency = row.take<std::string>();
  facts.delivery_address = row.take<std::string>();
  facts.trace.correlation_id = row.take<std::string>();
  facts.trace.traceparent = row.take<std::string>();
  facts.draft = row.take<bool>();
  return {std::make_shared<const OrderFacts>(std::move(facts)), std::move(saga.state)};
}

Input read_request(const PgResult& rows, int i) {
  RequestColumns columns;
  columns.kind = rows.text(i, 2);
  if (!rows.is_null(i, 3)) columns.amount = rows.int8(i, 3);
  columns.payment_id = rows.maybe_uuid(i, 4);
  columns.target_status = rows.text(i, 5);
  columns.command_id = rows.maybe_uuid(i, 10);
  columns.command_outcome = rows.text(i, 11);
  auto kind = read_kind(columns);
  if (!kind) return UnreadableRequest{rows.uuid(i, 1)};
  return Request{rows.uuid(i, 1), std::string(rows.text(i, 7)), std::string(rows.text(i, 6)),
                 Trace{std::string(rows.text(i, 8)), std::string(rows.text(i, 9))}, *kind};
}

}  // namespace

PgCall load_sagas(const std::vector<Uuid>& order_ids) {
  PgCall call{&kLoadSagas, {}};
  call.params.array(array_of(PgType::kUuid, order_ids));
  return call;
}

SagaRead<Sagas> read_sagas(const PgResult& rows) {
  SagaRead<Sagas> read;
  for (int i = 0; i < rows.rows(); ++i) {
    core::PgRow row(rows, i);
    try {
      Saga saga = read_saga(row);
      read.rows.emplace(saga.facts->order_id.uuid, std::move(saga));
    } catch (const UnreadableSaga& unreadable) {
      read.unreadable.push_back(unreadable);
    }
  }
  return read;
}

PgCall load_wake_ups(const std::vector<std::int32_t>& shards, std::int32_t limit) {
  PgCall call{&kLoadLive, {}};
  call.params.array(array_of(PgType::kInt4, shards)).int8(limit);
  return call;
}

PgCall load_overdue(const std::vector<std::int32_t>& shards,
                    const std::vector<core::Duration>& start_grace,
                    const std::vector<Uuid>& left_out, std::int32_t limit) {
  PgArray grace_us(PgType::kInt8);
  for (const auto grace : start_grace) grace_us.add(std::int64_t{grace.count()});
  PgCall call{&kLoadOverdue, {}};
  call.params.array(array_of(PgType::kInt4, shards)).array(grace_us);
  call.params.array(array_of(PgType::kUuid, left_out)).int8(limit);
  return call;
}

std::vector<WakeUp> read_wake_ups(const PgResult& rows) {
  std::vector<WakeUp> wake_ups;
  for (int i = 0; i < rows.rows(); ++i)
    wake_ups.push_back({rows.time(i, 1), rows.uuid(i, 0), rows.int4(i, 2)});
  return wake_ups;
}

PgCall load_waiting(const std::vector<std::int32_t>& shards, std::int32_t limit) {
  PgCall call{&kLoadWaiting, {}};
  call.params.array(array_of(PgType::kInt4, shards)).int8(limit);
  return call;
}

SagaRead<std::vector<WaitingSaga>> read_waiting(const PgResult& rows) {
  SagaRead<std::vector<WaitingSaga>> read;
  for (int i = 0; i < rows.rows(); ++i) {
    core::PgRow row(rows, i);
    const auto order_id = row.take<Uuid>();
    try {
      read.rows.push_back(
          {order_id, take_step(row), take_waiting_for(row), row.take<std::string>()});
    } catch (const core::UnreadableRow& unreadable) {
      read.unreadable.emplace_back(order_id, unreadable.why());
    }
  }
  return read;
}

PgCall load_requests(const std::vector<Uuid>& ids) {
  PgCall call{&kLoadRequests, {}};
  call.params.array(array_of(PgType::kUuid, ids));
  return call;
}

PgCall load_unhandled_requests(const std::vector<std::int32_t>& shards,
                               const std::vector<Uuid>& left_out, std::int32_t limit) {
  PgCall call{&kLoadUnhandled, {}};
  call.params.array(array_of(PgType::kInt4, shards)).array(array_of(PgType::kUuid, left_out));
  call.params.int8(limit);
  return call;
}

std::vector<PendingRequest> read_requests(const PgResult& rows) {
  std::vector<PendingRequest> requests;
  for (int i = 0; i < rows.rows(); ++i) {
    requests.push_back({rows.uuid(i, 0), rows.int4(i, 12), rows.uuid(i, 1), read_request(rows, i)});
  }
  return requests;
}

// Null instead of an empty text keeps the common row narrow. In the order of orders.saga_change.
void add_saga(PgRows& rows, const ChangedSaga& changed) {
  const State& state = changed.saga->state;
  rows.row()
      .add(changed.saga->facts->order_id.uuid)
      .add(changed.expected_version)
      .add(state.version)
      .add(state.live())
      .add(state.attention)
      .add(to_text(state.status))
      .add(is_resting(state.status))
      .add(to_text(state.phase))
      .add(state.round)
      .add(step_name(*changed.saga->facts->definition, state.step))
      .add(text_of(*changed.saga->facts->definition, state.steps))
      .add(state.attempt)
      .add(state.event_sequence)
      .add(state.wake_at)
      .add(to_text(state.waiting_for))
      .add_or_null(state.reason)
      .add_or_null(state.failure_code)
      .add_or_null(state.failure_detail)
      .add(state.payment_id)
      .add(state.delivery_id)
      .add(state.open_request);
  if (has_refund(state)) {
    rows.add(PgJson{refund_json(state)});
  } else {
    rows.add_null(PgType::kJsonb);
  }
  rows.add(state.step_started_at);
}

PgCall save_sagas(const std::vector<ChangedSaga>& changed, Time now) {
  PgRows rows(kSagaChange, kSagaChangeColumns, changed.size());
  for (const ChangedSaga& one : changed) add_saga(rows, one);
  PgCall call{&kSaveSagas, {}};
  call.params.rows(std::move(rows)).time(now).int8(static_cast<std::int64_t>(changed.size()));
  return call;
}

PgCall insert_events(const std::vector<StoredEvent>& stored) {
  PgRows rows(kEventRow, kEventRowColumns, stored.size());
  for (const auto& [event, shard, partition, batch_no, ordinal] : stored) {
    rows.row()
        .add(event.order_id)
        .add(shard)
        .add(event.sequence)
        .add(partition)
        .add(batch_no)
        .add(ordinal)
        .add(event.type)
        .add(event.status)
        .add(event.time)
        .add(event.actor)
        .add(event.correlation_id)
        .add(event.traceparent)
        .add(core::PgJsonText{event.data});
  }
  PgCall call{&kInsertEvents, {}};
  call.params.rows(std::move(rows));
  return call;
}

PgCall update_requests(const std::vector<RequestUpdate>& updates, Time now) {
  PgArray ids(PgType::kUuid), states(PgType::kText), codes(PgType::kText), details(PgType::kText),
      results(PgType::kJsonb);
  for (const auto& update : updates) {
    ids.add(update.id);
    states.add(to_text(update.state));
    codes.add(update.code);
    details.add(update.detail);
    results.add_or_null(update.result);
  }
  PgCall call{&kUpdateRequests, {}};
  call.params.array(ids).array(states).array(codes).array(details).array(results).time(now);
  return call;
}

PgCall load_events_after(const PublishedUpTo& position, std::int32_t limit) {
  PgCall call{&kLoadEvents, {}};
  call.params.int4(position.partition).int8(position.batch_no).int4(position.ordinal).int8(limit);
  return call;
}

std::vector<StoredEvent> read_events(const PgResult& rows) {
  std::vector<StoredEvent> stored;
  for (int i = 0; i < rows.rows(); ++i) {
    StoredEvent one;
    one.partition = rows.int4(i, 2);
    one.batch_no = rows.int8(i, 3);
    one.ordinal = rows.int4(i, 4);
    one.event.order_id = rows.uuid(i, 0);
    one.event.sequence = rows.int8(i, 1);
    one.event.type = rows.text(i, 5);
    one.event.status = rows.text(i, 6);
    one.event.time = rows.time(i, 7);
    one.event.actor = rows.text(i, 8);
    one.event.correlation_id = rows.text(i, 9);
    one.event.traceparent = rows.text(i, 10);
    one.event.data = rows.text(i, 11);
    one.shard = rows.int4(i, 12);
    stored.push_back(std::move(one));
  }
  return stored;
}

}  // namespace orderflow::saga::store
