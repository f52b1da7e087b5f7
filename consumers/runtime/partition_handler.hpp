#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "consumers/runtime/batch.hpp"
#include "consumers/runtime/grant.hpp"
#include "core/pg/session.hpp"
#include "producers/publisher.hpp"

namespace orderflow::consumers {

// What a role does with the partitions it owns. Called by the owner loop's thread only. Sessions
// are for reads; whatever they throw, the loop handles.
class PartitionHandler {
 public:
  virtual ~PartitionHandler() = default;

  // New grants, before any of their messages. Read their state; what was kept for these partitions
  // before is void. Returns what must be published again (events beyond the mark).
  virtual std::vector<producers::Outgoing> granted(const Grants& fresh, const Grants& all,
                                                   std::int32_t partition_count,
                                                   core::PgSession& session) = 0;

  // These partitions are no longer ours: forget their state.
  virtual void dropped(const std::set<std::int32_t>& partitions) = 0;

  // Handles a batch: returns what is to be committed, and keeps the state that would follow.
  // Exactly one of committed() and discarded() comes after it, also when it throws.
  virtual TransactionDraft prepare(const Batch& batch, core::PgSession& session) = 0;

  // As prepare(), for a batch of the one message that is about to become a dead letter: what must
  // accompany it (e.g. its saga is marked as needing attention).
  virtual TransactionDraft prepare_dead_letter(const Batch& batch, const std::string& reason,
                                               core::PgSession& session) {
    (void)batch, (void)reason, (void)session;
    return {};
  }

  // Kafka refuses these messages for good. As prepare(), for a batch without messages: what must be
  // durable before they are given up.
  virtual TransactionDraft prepare_refused(const Batch& batch,
                                           const std::vector<producers::Refused>& refused,
                                           core::PgSession& session) {
    (void)batch, (void)refused, (void)session;
    return {};
  }

  // The transaction is durable: the prepared state holds from now on. Returns what it causes to be
  // sent. `grants` hold the new batch numbers.
  virtual std::vector<producers::Outgoing> committed(const Grants& grants) = 0;

  // The transaction did not happen: drop the prepared state.
  virtual void discarded() = 0;

  // When prepare() is wanted though no message came (in the database's clock); Time::max(): never.
  [[nodiscard]] virtual Time next_due() const { return Time::max(); }

  // Age of the oldest item that is ready but not handled, for backpressure; zero when there is
  // none.
  [[nodiscard]] virtual core::Duration oldest_ready(Time now) const {
    (void)now;
    return core::Duration{0};
  }
};

}  // namespace orderflow::consumers
