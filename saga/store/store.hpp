#pragma once

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/pg/session.hpp"
#include "saga/order/decide.hpp"
#include "saga/store/saga_rows.hpp"

namespace orderflow::saga {

// A saga as its owner holds it.
struct Saga {
  std::shared_ptr<const OrderFacts> facts;  // Of all copies the same.
  State state;
};

using Sagas = std::unordered_map<Uuid, Saga>;

// What is read of rows of orders.sagas: one that cannot be read is told beside the others.
template <typename Rows>
struct SagaRead {
  Rows rows;
  std::vector<UnreadableSaga> unreadable;
};

struct WakeUp {
  Time at;
  Uuid order_id;
  std::int32_t shard = 0;

  auto operator<=>(const WakeUp&) const = default;
};

// A saga that needs attention, as its new owner finds it.
struct WaitingSaga {
  Uuid order_id;
  int step = 0;
  WaitingFor waiting_for = WaitingFor::kOperator;
  std::string reason;
};

// A row of orders.requests that waits to be decided, as its saga hears it: a Request, or an
// UnreadableRequest.
struct PendingRequest {
  Uuid order_id;
  std::int32_t shard = 0;
  Uuid id;
  Input input;
};

// An event with its place in the order of publication.
struct StoredEvent {
  events::OrderEvent event;
  std::int32_t shard = 0;
  std::int32_t partition = 0;
  std::int64_t batch_no = 0;
  std::int32_t ordinal = 0;
};

struct ChangedSaga {
  const Saga* saga;               // With the version it will have.
  std::int64_t expected_version;  // The version it must have now.
};

// The SQL of the orders schema as the orchestrator uses it: set-based statements to be combined
// into one transaction, and readers of their results. Stateless.
namespace store {

[[nodiscard]] core::PgCall load_sagas(const std::vector<Uuid>& order_ids);
[[nodiscard]] SagaRead<Sagas> read_sagas(const core::PgResult& rows);

// Wake-ups of live sagas of these shards: all of them ...
[[nodiscard]] core::PgCall load_wake_ups(const std::vector<std::int32_t>& shards,
                                         std::int32_t limit);
// ... or only those overdue by a second; of sagas that have not started, by the grace of
// their partition more. There is one for each partition of the topic. Not of the orders left out.
[[nodiscard]] core::PgCall load_overdue(const std::vector<std::int32_t>& shards,
                                        const std::vector<core::Duration>& start_grace,
                                        const std::vector<Uuid>& left_out, std::int32_t limit);
[[nodiscard]] std::vector<WakeUp> read_wake_ups(const core::PgResult& rows);

[[nodiscard]] core::PgCall load_waiting(const std::vector<std::int32_t>& shards,
                                        std::int32_t limit);
[[nodiscard]] SagaRead<std::vector<WaitingSaga>> read_waiting(const core::PgResult& rows);

[[nodiscard]] core::PgCall load_requests(const std::vector<Uuid>& ids);
// The oldest of each kind an order has, not of the orders left out.
[[nodiscard]] core::PgCall load_unhandled_requests(const std::vector<std::int32_t>& shards,
                                                   const std::vector<Uuid>& left_out,
                                                   std::int32_t limit);
[[nodiscard]] std::vector<PendingRequest> read_requests(const core::PgResult& rows);

// Raises (Fenced) in the server when a version differs.
[[nodiscard]] core::PgCall save_sagas(const std::vector<ChangedSaga>& changed, Time now);
[[nodiscard]] core::PgCall insert_events(const std::vector<StoredEvent>& events);
[[nodiscard]] core::PgCall update_requests(const std::vector<RequestUpdate>& updates, Time now);

// Events beyond the mark of each partition, in order of publication, a page at a time.
struct PublishedUpTo {
  std::int32_t partition;
  std::int64_t batch_no;
  std::int32_t ordinal;
};
[[nodiscard]] core::PgCall load_events_after(const PublishedUpTo& position, std::int32_t limit);
[[nodiscard]] std::vector<StoredEvent> read_events(const core::PgResult& rows);

}  // namespace store
}  // namespace orderflow::saga
