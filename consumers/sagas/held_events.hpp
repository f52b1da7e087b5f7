#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "consumers/runtime/batch.hpp"
#include "core/observe/metrics.hpp"
#include "producers/refused.hpp"
#include "saga/store/held_rows.hpp"

namespace orderflow::consumers {

// Orders of which Kafka refuses an event. That event and all later ones of its order wait in the
// database, so that the sequence has no gap; other orders go on. They are tried again now and then:
// a transaction gives them a place among the events of its own batch, and they are published as
// those are. One order at first; while nothing is refused, twice as many each second.
//
// Owned by the orchestrator; one thread. Drafts hold once committed() is called.
class HeldEvents {
 public:
  static constexpr std::size_t kHeldMax = 200'000;
  static constexpr std::size_t kReleasedMax = 512;
  static constexpr core::Duration kRetryInterval = std::chrono::seconds{15};

  explicit HeldEvents(core::Metrics& metrics);

  // At a grant: those of these shards. Throws Unavailable when there are more than memory may hold:
  // an event would pass one that is held.
  void load(const std::vector<std::int32_t>& shards, std::int32_t partition_count,
            core::PgSession& session);
  void drop(const std::set<std::int32_t>& partitions);

  [[nodiscard]] bool holds(const core::Uuid& order_id) const { return held_.contains(order_id); }

  // Adds to a draft that these events are held from now on.
  void hold(const Batch& batch, const std::vector<producers::Refused>& refused,
            TransactionDraft& draft);
  // Adds to a draft that some are published once more, when that is due.
  void release(const Batch& batch, core::PgSession& session, TransactionDraft& draft);
  [[nodiscard]] Time next() const;

  // The draft was committed. Returns the events to be published, before any others of the batch.
  [[nodiscard]] std::vector<saga::StoredEvent> committed();
  void discarded();

 private:
  struct Held {
    std::int32_t partition = 0;
    std::uint64_t turn = 0;  // Its place among those that are tried in turn.
  };

  void insert(const core::Uuid& order_id, std::int32_t partition);
  void erase(const core::Uuid& order_id);
  [[nodiscard]] std::vector<core::Uuid> next_in_turn(const Batch& batch) const;

  prometheus::Gauge& gauge_;
  std::unordered_map<core::Uuid, Held> held_;
  std::set<std::pair<std::uint64_t, core::Uuid>> turns_;
  std::uint64_t next_turn_ = 0;
  std::size_t window_ = 1;
  Time next_round_{};

  // The draft.
  std::vector<std::pair<core::Uuid, std::int32_t>> to_hold_;
  std::vector<core::Uuid> to_release_;
  std::vector<saga::StoredEvent> released_;
  Time drafted_at_{};
};

}  // namespace orderflow::consumers
