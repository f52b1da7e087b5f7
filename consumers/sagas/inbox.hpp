#pragma once

#include <cstddef>
#include <vector>

#include "consumers/runtime/batch.hpp"
#include "consumers/sagas/saga_batch.hpp"

namespace orderflow::consumers {

// The messages of a batch from orders.inbox, as sagas hear them.
struct Inbox {
  std::vector<SagaBatch::Pending> inputs;  // In order of the messages.
  std::vector<core::Uuid> request_ids;     // Rows of orders.requests to be read.
  std::vector<DeadLetter> dead_letters;    // What cannot be decoded.
  std::size_t misplaced = 0;               // Read in another partition than their key's.
};
[[nodiscard]] Inbox read_inbox(const Batch& batch);

// The input that tells a saga of a message that becomes a dead letter; none when the message does
// not tell its order.
[[nodiscard]] std::vector<SagaBatch::Pending> poisoned(const core::KafkaMessage& message,
                                                       const std::string& reason);

}  // namespace orderflow::consumers
