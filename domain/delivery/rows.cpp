#include "domain/delivery/rows.hpp"

#include <string>

namespace orderflow::domain {
namespace {

using core::PgArray;
using core::PgCall;
using core::PgJsonText;
using core::PgParams;
using core::PgResult;
using core::PgRows;
using core::PgStatement;
using core::PgType;
using core::Uuid;

constexpr PgStatement kReadDeliveries{
    "delivery_read_deliveries",
    core::sql<"SELECT ", kDeliveryColumns, " FROM delivery.deliveries WHERE id = ANY($1)">};

constexpr const char* kDeliveryRow = "delivery.delivery_row";
constexpr PgStatement kInsertDeliveries{
    "delivery_insert_deliveries",
    "INSERT INTO delivery.deliveries (id, order_id, shard, status, code, detail, carrier, "
    "tracking_number, delivery_address, undone_at, undo_refused, live, carrier_due_at, "
    "delivered_at, report_attempts, report_acknowledged_at, correlation_id, traceparent, "
    "updated_at, created_at) "
    "SELECT u.*, u.updated_at FROM unnest($1::delivery.delivery_row[]) AS u"};

constexpr const char* kDeliveryChange = "delivery.delivery_change";
constexpr PgStatement kUpdateDeliveries{
    "delivery_update_deliveries",
    "UPDATE delivery.deliveries d SET status = u.status, undone_at = u.undone_at, "
    "undo_refused = u.undo_refused, live = u.live, delivered_at = u.delivered_at, "
    "report_attempts = u.report_attempts, report_acknowledged_at = u.report_acknowledged_at, "
    "updated_at = u.updated_at "
    "FROM unnest($1::delivery.delivery_change[]) AS u WHERE d.id = u.id"};

constexpr PgStatement kReadLive{
    "delivery_read_live",
    "SELECT id, shard, status, carrier_due_at, report_attempts, updated_at "
    "FROM delivery.deliveries WHERE live AND shard = ANY($1) LIMIT $2"};

// A report's own back-off is at most report_backoff_max: $3 lets through what has waited as long as
// the shortest one, the caller computes the exact time.
constexpr PgStatement kReadOverdue{
    "delivery_read_overdue",
    "SELECT id, shard, status, carrier_due_at, report_attempts, updated_at "
    "FROM delivery.deliveries WHERE live AND shard = ANY($1) AND "
    "CASE WHEN status = 'SCHEDULED' THEN carrier_due_at <= $2 ELSE updated_at <= $3 END LIMIT $4"};

constexpr const PgStatement* kDeliveryStatements[] = {
    &kReadDeliveries, &kInsertDeliveries, &kUpdateDeliveries, &kReadLive, &kReadOverdue};

std::vector<LiveDelivery> live_rows(const PgResult& rows, const DeliveryPolicy& policy) {
  std::vector<LiveDelivery> found;
  found.reserve(static_cast<std::size_t>(rows.rows()));
  for (int row = 0; row < rows.rows(); ++row) {
    Delivery delivery;
    delivery.live = true;
    delivery.status = delivery_status_of(rows.text(row, 2)).value();
    delivery.carrier_due_at = rows.maybe_time(row, 3);
    delivery.report_attempts = rows.int4(row, 4);
    delivery.updated_at = rows.time(row, 5);
    found.push_back({rows.uuid(row, 0), rows.int4(row, 1), due_time(delivery, policy)});
  }
  return found;
}

PgArray shard_array(const std::vector<std::int32_t>& shards) {
  PgArray array(PgType::kInt4);
  for (const auto shard : shards) array.add(shard);
  return array;
}

PgCall insert_rows(const std::vector<const Delivery*>& deliveries) {
  PgRows rows(kDeliveryRow, 19, deliveries.size());
  for (const auto* delivery : deliveries) {
    rows.row()
        .add(delivery->id)
        .add(delivery->order_id.uuid)
        .add(delivery->order_id.shard)
        .add(name_of(delivery->status))
        .add_or_null(delivery->code)
        .add_or_null(delivery->detail)
        .add_or_null(delivery->carrier)
        .add_or_null(delivery->tracking_number)
        .add(PgJsonText{delivery->address})
        .add(delivery->undone_at)
        .add(delivery->undo_refused)
        .add(delivery->live)
        .add(delivery->carrier_due_at)
        .add(delivery->delivered_at)
        .add(static_cast<std::int32_t>(delivery->report_attempts))
        .add(delivery->report_acknowledged_at)
        .add(delivery->trace.correlation_id)
        .add(delivery->trace.traceparent)
        .add(delivery->updated_at);
  }
  PgCall call{&kInsertDeliveries, {}};
  call.params.rows(std::move(rows));
  return call;
}

PgCall update_rows(const std::vector<const Delivery*>& deliveries) {
  PgRows rows(kDeliveryChange, 9, deliveries.size());
  for (const auto* delivery : deliveries) {
    rows.row()
        .add(delivery->id)
        .add(name_of(delivery->status))
        .add(delivery->undone_at)
        .add(delivery->undo_refused)
        .add(delivery->live)
        .add(delivery->delivered_at)
        .add(static_cast<std::int32_t>(delivery->report_attempts))
        .add(delivery->report_acknowledged_at)
        .add(delivery->updated_at);
  }
  PgCall call{&kUpdateDeliveries, {}};
  call.params.rows(std::move(rows));
  return call;
}

}  // namespace

Delivery read_delivery(core::PgRow& row) {
  Delivery delivery;
  delivery.id = row.take<Uuid>();
  const Uuid order_id = row.take<Uuid>();
  delivery.order_id = core::ShardKey(order_id, row.take<std::int32_t>());
  delivery.status = delivery_status_of(row.take<std::string>()).value();
  delivery.code = row.take<std::string>();
  delivery.detail = row.take<std::string>();
  delivery.carrier = row.take<std::string>();
  delivery.tracking_number = row.take<std::string>();
  delivery.address.clear();
  delivery.undone_at = row.take<std::optional<Time>>();
  delivery.undo_refused = row.take<bool>();
  delivery.live = row.take<bool>();
  delivery.carrier_due_at = row.take<std::optional<Time>>();
  delivery.delivered_at = row.take<std::optional<Time>>();
  delivery.report_attempts = row.take<std::int32_t>();
  delivery.report_acknowledged_at = row.take<std::optional<Time>>();
  delivery.trace.correlation_id = row.take<std::string>();
  delivery.trace.traceparent = row.take<std::string>();
  delivery.updated_at = row.take<Time>();
  return delivery;
}

DeliveryRecords read_delivery_records(core::PgSession& session, const std::set<Uuid>& ids) {
  DeliveryRecords records;
  if (ids.empty()) return records;
  PgArray array(PgType::kUuid);
  for (const auto& id : ids) array.add(id);
  PgParams params;
  params.array(array);
  const auto rows = session.execute(kReadDeliveries, params);
  for (int i = 0; i < rows.rows(); ++i) {
    core::PgRow row(rows, i);
    records.add(read_delivery(row));
  }
  return records;
}

std::vector<PgCall> write_delivery_records(const DeliveryRecords& records) {
  std::vector<PgCall> calls;
  const auto inserted = records.new_rows();
  const auto updated = records.changed_rows();
  if (!inserted.empty()) calls.push_back(insert_rows(inserted));
  if (!updated.empty()) calls.push_back(update_rows(updated));
  return calls;
}

std::vector<LiveDelivery> read_live(core::PgSession& session,
                                    const std::vector<std::int32_t>& shards, std::size_t limit,
                                    const DeliveryPolicy& policy) {
  PgParams params;
  params.array(shard_array(shards)).int8(static_cast<std::int64_t>(limit));
  return live_rows(session.execute(kReadLive, params), policy);
}

std::vector<LiveDelivery> read_overdue(core::PgSession& session,
                                       const std::vector<std::int32_t>& shards, core::Time now,
                                       std::size_t limit, const DeliveryPolicy& policy) {
  PgParams params;
  params.array(shard_array(shards)).time(now).time(now - policy.report_backoff_initial);
  params.int8(static_cast<std::int64_t>(limit));
  return live_rows(session.execute(kReadOverdue, params), policy);
}

std::span<const PgStatement* const> delivery_statements() { return kDeliveryStatements; }

}  // namespace orderflow::domain
