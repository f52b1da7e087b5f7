#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "consumers/runtime/batch.hpp"
#include "saga/store/store.hpp"

namespace orderflow::consumers {

// What one transaction of the orchestrator is about: sagas as it leaves them, and the events,
// commands and updates of requests that follow. Filled by Orchestrator::prepare(), taken over by
// committed(), cleared by both ends. A draft, never the truth. One thread.
class SagaBatch {
 public:
  // An input on its way to saga::decide(), and whose saga it is for.
  struct Pending {
    core::Uuid order_id;
    saga::Input input;
    // Where it came from, if nobody repeats it unasked: a dead letter where its saga cannot be
    // read.
    const core::KafkaMessage* message = nullptr;
  };
  // A saga as this transaction leaves it, and what it causes.
  struct Prepared {
    saga::Saga saga;
    std::int32_t partition = 0;
    std::int64_t loaded_version = 0;
    bool changed = false;
    bool woken = false;
    Time held_until{};  // Not to be woken before.
    std::vector<saga::Command> commands;
  };
  using PreparedByOrder = std::unordered_map<core::Uuid, Prepared>;

  // Takes the sagas of these inputs from `cache`, or from the database.
  void load(const std::vector<Pending>& inputs, const saga::Sagas& cache,
            std::int32_t partition_count, core::PgSession& session);

  // Null: there is no such order, or its saga cannot be read. Valid until load() or clear().
  [[nodiscard]] Prepared* find(const core::Uuid& order_id);
  // Null: its saga can be read, or there is none.
  [[nodiscard]] const saga::UnreadableSaga* unreadable(const core::Uuid& order_id) const;

  // Lets saga::decide judge, and takes note of what follows. `prepared` is one of these.
  void decide(Prepared& prepared, const saga::Input& input, Time now, const saga::Policy& policy);

  // Turns all of it into statements. Events get their place in the order of publication.
  void write(const Batch& batch, TransactionDraft& draft);

  void clear();

  [[nodiscard]] PreparedByOrder& prepared() { return prepared_; }
  [[nodiscard]] const std::vector<saga::StoredEvent>& events() const { return events_; }
  [[nodiscard]] const std::vector<saga::Observation>& observations() const { return observations_; }

 private:
  void prepare(saga::Saga saga, std::int32_t partition_count);

  PreparedByOrder prepared_;
  std::unordered_map<core::Uuid, saga::UnreadableSaga> unreadable_;
  std::vector<saga::StoredEvent> events_;
  std::map<core::Uuid, saga::RequestUpdate> request_updates_;
  std::set<std::int32_t> request_partitions_;  // Of the orders of these.
  std::vector<saga::Observation> observations_;
};

}  // namespace orderflow::consumers
