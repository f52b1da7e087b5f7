#pragma once

#include <string>

#include "tests/support/database.hpp"

namespace orderflow::testing {

// A table whose rows have a shard, and by which of its columns they have it.
struct ShardedTable {
  const char* name;
  const char* key;
};

inline constexpr ShardedTable kShardedTables[] = {
    {"orders.orders", "id"},
    {"orders.sagas", "order_id"},
    {"orders.events", "order_id"},
    {"orders.held_events", "order_id"},
    {"orders.requests", "order_id"},
    {"payments.accounts", "id"},
    {"payments.payments", "account_id"},
    {"payments.refunds", "account_id"},
    {"payments.ledger", "account_id"},
    {"delivery.deliveries", "order_id"},
    {"identity.idempotency_keys", "key"},
    {"catalogue.idempotency_keys", "key"},
    {"orders.idempotency_keys", "key"},
    {"payments.idempotency_keys", "key"},
    {"delivery.idempotency_keys", "key"},
};

// The rows that do not have the shard which the program computes for their key, one a line.
[[nodiscard]] std::string rows_in_wrong_shards(const Database& database);

}  // namespace orderflow::testing
