#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "consumers/runtime/grant.hpp"
#include "consumers/sagas/held_events.hpp"
#include "consumers/sagas/saga_batch.hpp"
#include "core/pg/session.hpp"
#include "events/topics.hpp"
#include "producers/publisher.hpp"
#include "saga/store/store.hpp"

namespace orderflow::consumers {

// What the owner of sagas sends: events of orders to everyone, commands to participants. Stateless.
class SagaMessages {
 public:
  explicit SagaMessages(events::Topics topics) : topics_(std::move(topics)) {}

  // The events of fresh grants that lie beyond their published marks, in order of publication, but
  // those that are held.
  [[nodiscard]] std::vector<producers::Outgoing> unpublished(const Grants& fresh,
                                                             const HeldEvents& held,
                                                             core::PgSession& session) const;

  [[nodiscard]] producers::Outgoing event(const saga::StoredEvent& stored) const;
  // `batch_no` is that of the transaction that decided it.
  [[nodiscard]] producers::Outgoing command(const SagaBatch::Prepared& prepared,
                                            const saga::Command& command, std::int64_t batch_no,
                                            std::int32_t partition_count) const;

 private:
  events::Topics topics_;
};

}  // namespace orderflow::consumers
