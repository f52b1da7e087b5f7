#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "consumers/runtime/backlog.hpp"
#include "consumers/runtime/grant.hpp"
#include "core/kafka/message.hpp"
#include "core/pg/session.hpp"

namespace orderflow::consumers {

using Messages = std::span<const core::KafkaMessage* const>;

// What one transaction is to handle, and what its handler may know about the partitions. Borrows
// from the owner loop for the length of a call.
struct Batch {
  // Of owned partitions, in order for each partition. May be empty.
  Messages messages;
  // False while a batch that failed is bisected: only the messages are wanted then.
  bool include_due = true;
  Time now;              // The database's clock.
  const Grants& grants;  // Its partitions; this batch of p becomes grants.at(p).batch_no + 1.
  // Partitions whose timers must not fire: their publishing is stuck (the oldest unacknowledged
  // message is over a second old) and a broker outage would burn attempts; or the batch is of one
  // partition alone, and these are the others.
  std::set<std::int32_t> stuck;
  // For how long the oldest unhandled message of a partition has waited, those of this batch
  // included.
  const Backlog::Ages& ages;
  std::int32_t partition_count;  // P, of the whole topic.
};

// A message that cannot be handled, and why.
struct DeadLetter {
  const core::KafkaMessage* message = nullptr;
  std::string reason;
};

// What a handler wants to have committed for a batch. The owner loop adds the ownership check in
// front, the offsets, and the dead letters.
struct TransactionDraft {
  std::vector<core::PgCall> calls;
  // Partitions whose rows `calls` change, besides those the messages came from.
  std::set<std::int32_t> touched;
  std::vector<DeadLetter> dead_letters;
};

}  // namespace orderflow::consumers
