#include "http-api/admin/held_event_rows.hpp"

#include "core/pg/sql.hpp"

namespace orderflow::http_api {
namespace {

using core::PgParams;
using core::PgStatement;

constexpr core::SqlText kSelect{
    "SELECT h.order_id, h.sequence, e.type, e.time, (SELECT count(*) FROM orders.events l"
    " WHERE l.order_id = h.order_id AND l.sequence >= h.sequence), h.reason, h.held_at"
    " FROM orders.held_events h JOIN orders.events e"
    " ON e.order_id = h.order_id AND e.sequence = h.sequence"};

constexpr PgStatement kFindReason{"api_held_reason",
                                  "SELECT reason FROM orders.held_events WHERE order_id = $1"};

// A mark is that of the owner's partition, whose number an event bears.
constexpr PgStatement kFindPublished{
    "api_events_published",
    "SELECT coalesce(bool_and(e.batch_no <= p.published_mark), true) FROM orders.events e"
    " JOIN orders.partitions p ON p.partition = e.partition WHERE e.order_id = $1"};

}  // namespace

HeldEventsRow HeldEventsRow::read(core::PgRow& row) {
  return {row.take<core::Uuid>(), row.take<std::int64_t>(), row.take<std::string>(),
          row.take<core::Time>(), row.take<std::int64_t>(), row.take<std::string>(),
          row.take<core::Time>()};
}

std::string held_events_json(const HeldEventsRow& held) {
  return JsonObject()
      .field("order_id", held.order_id)
      .field("sequence", held.sequence)
      .field("type", held.type)
      .field("time", held.time)
      .field("events", held.events)
      .field("reason", held.reason)
      .field("refused_at", held.refused_at)
      .text();
}

KeysetQuery list_held_events() { return {core::sql<kSelect>, "h.order_id"}; }

std::optional<std::string> held_reason(core::PgSession& session, const core::Uuid& order_id) {
  const auto rows = session.execute(kFindReason, PgParams().uuid(order_id));
  if (rows.rows() == 0) return std::nullopt;
  return std::string(rows.text(0, 0));
}

bool is_published(core::PgSession& session, const core::Uuid& order_id) {
  return session.execute(kFindPublished, PgParams().uuid(order_id)).boolean(0, 0);
}

}  // namespace orderflow::http_api
