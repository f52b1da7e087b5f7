#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/pg/session.hpp"
#include "saga/store/store.hpp"

namespace orderflow::saga {

// An order whose events Kafka refuses, from this one on.
struct HeldOrder {
  Uuid order_id;
  std::int32_t shard = 0;
  std::int64_t sequence = 0;
  std::string reason;
};

// The SQL of orders.held_events. Stateless.
namespace store {

[[nodiscard]] core::PgCall load_held(const std::vector<std::int32_t>& shards, std::int32_t limit);
[[nodiscard]] std::vector<HeldOrder> read_held(const core::PgResult& rows);

// Of an order that is held already the earlier sequence stays.
[[nodiscard]] core::PgCall insert_held(const std::vector<HeldOrder>& held);
[[nodiscard]] core::PgCall delete_held(const std::vector<Uuid>& order_ids);

// The events that these orders hold back, by order and sequence; read_events() reads them.
[[nodiscard]] core::PgCall load_held_events(const std::vector<Uuid>& order_ids);
// Gives events the place in the order of publication that they have here.
[[nodiscard]] core::PgCall move_events(const std::vector<StoredEvent>& events);

}  // namespace store
}  // namespace orderflow::saga
