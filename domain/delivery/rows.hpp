#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "core/pg/row.hpp"
#include "core/pg/session.hpp"
#include "core/pg/sql.hpp"
#include "domain/delivery/delivery.hpp"

namespace orderflow::domain {

// A row of delivery.deliveries, without its address.
inline constexpr core::SqlText kDeliveryColumns{
    "id, order_id, shard, status, code, detail, carrier, tracking_number, undone_at, undo_refused, "
    "live, carrier_due_at, delivered_at, report_attempts, report_acknowledged_at, correlation_id, "
    "traceparent, updated_at"};
[[nodiscard]] Delivery read_delivery(core::PgRow& row);

// Reads the deliveries of a batch in one round trip, in none without ids; without their addresses.
[[nodiscard]] DeliveryRecords read_delivery_records(core::PgSession& session,
                                                    const std::set<core::Uuid>& ids);

// The statements that write what a batch made of its records: at most one insert and one update.
[[nodiscard]] std::vector<core::PgCall> write_delivery_records(const DeliveryRecords& records);

// A row that waits for its timer.
struct LiveDelivery {
  core::Uuid id;
  std::int32_t shard = 0;
  core::Time due;
};

// Live rows of these shards, `limit` at most, in no particular order.
[[nodiscard]] std::vector<LiveDelivery> read_live(core::PgSession& session,
                                                  const std::vector<std::int32_t>& shards,
                                                  std::size_t limit, const DeliveryPolicy& policy);

// Those of them that are due, or nearly.
[[nodiscard]] std::vector<LiveDelivery> read_overdue(core::PgSession& session,
                                                     const std::vector<std::int32_t>& shards,
                                                     core::Time now, std::size_t limit,
                                                     const DeliveryPolicy& policy);

// Every statement of the hot path, for the test that looks at their plans.
[[nodiscard]] std::span<const core::PgStatement* const> delivery_statements();

}  // namespace orderflow::domain
