#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "consumers/runtime/batch.hpp"
#include "core/observe/health.hpp"
#include "core/observe/metrics.hpp"
#include "producers/refused.hpp"
#include "saga/store/held_rows.hpp"

namespace orderflow::consumers {

// Orders of which Kafka refuses an event. That event and all later ones of its order wait in the
// database, so that the sequence has no gap; other orders go on. They are tried again now and then:
// a transaction gives them a place among the events of its own batch, and they are published as
// those are. One order at first; while nothing is refused, twice as many each second. Those that an
// operator asks for are tried at once.
//
// Owned by the orchestrator; one thread. Drafts hold once committed() is called.
class HeldEvents {
 public:
  static constexpr std::size_t kHeldMax = 200'000;
  static constexpr std::size_t kReleasedMax = 512;
  static constexpr core::Duration kRetryInterval = std::chrono::seconds{15};

  HeldEvents(core::Metrics& metrics, core::Health& health);

  // At a grant: those of these shards. Throws Unavailable when there are more than memory may hold:
  // an event would pass one that is held.
  void load(const std::vector<std::int32_t>& shards, std::int32_t partition_count,
            core::PgSession& session);
  void drop(const std::set<std::int32_t>& partitions);

  [[nodiscard]] bool holds(const core::Uuid& order_id) const { return held_.contains(order_id); }

  // Adds to a draft that these events are held from now on.
  void hold(const Batch& batch, const std::vector<producers::Refused>& refused,
            TransactionDraft& draft);
  // The draft is to publish those of this order once more, if any are held.
  void expedite(const core::Uuid& order_id) { expedited_.insert(order_id); }
  // Adds to a draft that some are published once more: the expedited, and others when that is due.
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
  struct Order {
    core::Uuid id;
    std::int32_t partition = 0;
  };
  struct ToHold {
    core::Uuid id;
    std::int32_t partition = 0;
    std::string reason;
  };

  void insert(const core::Uuid& order_id, std::int32_t partition, const std::string& reason);
  void erase(const core::Uuid& order_id);
  void show();
  [[nodiscard]] std::vector<Order> next_in_turn(const Batch& batch) const;
  [[nodiscard]] std::vector<Order> to_publish(const Batch& batch);

  prometheus::Gauge& gauge_;
  core::Health& health_;
  std::string last_reason_;  // Of those held.
  std::unordered_map<core::Uuid, Held> held_;
  std::set<std::pair<std::uint64_t, core::Uuid>> turns_;
  std::uint64_t next_turn_ = 0;
  std::size_t window_ = 1;
  Time next_round_{};

  // The draft.
  std::set<core::Uuid> expedited_;
  std::vector<ToHold> to_hold_;
  std::vector<core::Uuid> to_release_;
  std::vector<saga::StoredEvent> released_;
  Time drafted_at_{};
};

}  // namespace orderflow::consumers
