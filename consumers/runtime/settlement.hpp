#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "consumers/runtime/backlog.hpp"
#include "consumers/runtime/owner_loop.hpp"
#include "consumers/runtime/partition_buffers.hpp"
#include "consumers/runtime/partition_store.hpp"
#include "core/testing/crash_point.hpp"

namespace orderflow::consumers {

// How long an owner waits for room in its outgoing queue before it gives up and begins anew.
inline constexpr core::Duration kPublishPatience = std::chrono::seconds{10};

// What an owner loop holds at present.
struct Owned {
  Grants grants;
  std::int32_t partition_count = 0;     // P, of the whole topic.
  std::optional<Time> oldest_ready_at;  // What the next transaction tells the door.
};

// The half of an owner loop that settles batches: decide, one transaction {ownership check,
// effects, offsets}, publish; and when the server blames a value, the search for the message that
// carries it. Grants advance here and nowhere else.
//
// Refers to the loop's parts, and lives no longer than they. One thread, the loop's. Throws Fenced,
// Conflict, Unavailable: nothing of the batch happened then, or (CommitUnknown) nobody knows; its
// messages are still buffered.
class Settlement {
 public:
  struct Parts {
    const std::string& topic;
    const core::CrashSite& crash;
    PartitionHandler& handler;
    core::DatabaseClock& clock;
    core::Logger& logger;
    PartitionStore& store;
    core::PgSession& session;
    producers::Publisher& publisher;
    PartitionBuffers& buffers;
    Backlog& backlog;
    Owned& owned;
  };

  explicit Settlement(Parts parts) : to_(parts) {}

  // Handles the messages, which are buffered, and what is due if that is wanted.
  void process(std::span<const core::KafkaMessage* const> batch, bool include_due);

  // A heartbeat and the marks of all partitions, without a batch.
  void write_marks();

 private:
  [[nodiscard]] Work make_work(std::span<const core::KafkaMessage* const> batch, bool include_due);
  void attempt(std::span<const core::KafkaMessage* const> batch, bool include_due);
  void poison(const core::KafkaMessage& message, const std::string& reason);
  template <typename Decide>
  void settle(std::span<const core::KafkaMessage* const> batch, bool include_due, Decide decide);
  void commit(std::span<const core::KafkaMessage* const> batch, Decision decision);
  void advance(const std::vector<Advance>& rows, std::span<const core::PgCall> calls,
               core::CrashPlace before, core::CrashPlace unanswered, core::CrashPlace after);
  [[nodiscard]] Advance advance_from(const Grant& grant, std::int64_t batch_no) const;
  void adopt(const Advance& advance);
  void conclude(std::span<const core::KafkaMessage* const> batch);

  Parts to_;
  std::set<std::int32_t> stuck_;
};

}  // namespace orderflow::consumers
