#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "core/pg/session.hpp"
#include "domain/delivery/delivery.hpp"

namespace orderflow::domain {

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
