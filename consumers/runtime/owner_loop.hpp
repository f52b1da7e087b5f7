#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "consumers/runtime/backlog.hpp"
#include "core/kafka/message.hpp"
#include "core/kafka/options.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/clock.hpp"
#include "core/pg/session.hpp"
#include "core/settings/config.hpp"
#include "producers/publisher.hpp"

namespace orderflow::consumers {

using core::Time;

// A partition this process owns. The database granted it under an epoch; every transaction repeats
// that epoch and the offset it expects, so a zombie's transaction fails as a whole.
struct Grant {
  std::int32_t partition = 0;
  std::int64_t epoch = 0;
  std::int64_t next_offset = 0;
  std::int64_t batch_no = 0;        // Of the last transaction that touched it.
  std::int64_t published_mark = 0;  // As last written.
};

using Grants = std::map<std::int32_t, Grant>;

struct DeadLetter {
  const core::KafkaMessage* message = nullptr;
  std::string reason;
};

// What one call of decide() works on.
struct Work {
  // Messages of owned partitions, in order for each partition. May be empty.
  std::span<const core::KafkaMessage* const> messages;
  // False while a failing batch is being bisected: decide over the messages only.
  bool include_due = true;
  Time now;              // The database's clock.
  const Grants& grants;  // Owned partitions; the next batch of p is grants.at(p).batch_no + 1.
  // Owned partitions whose publishing is stuck (the oldest unacknowledged message is over a second
  // old). Their timers must not fire, or a broker outage would burn attempts.
  const std::set<std::int32_t>& stuck;
  // For how long the oldest unhandled message of a partition has waited, those of this call
  // included.
  const Backlog::Ages& behind;
  std::int32_t partition_count;  // P, of the whole topic.
  core::PgSession& session;      // For reads.
};

// The statements of one transaction and what belongs to it. The loop adds the ownership check in
// front, the offsets, and the dead letters.
struct Decision {
  std::vector<core::PgCall> calls;
  // Partitions whose rows `calls` change, besides those the messages came from.
  std::set<std::int32_t> touched;
  std::vector<DeadLetter> dead_letters;
};

// What a role does with the partitions it owns. Called by the loop's thread only.
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

  // Decides, and prepares (without adopting) the state that follows. Exactly one of committed() and
  // discarded() comes after it.
  virtual Decision decide(const Work& work) = 0;

  // The transaction is durable: adopt the prepared state and return what it causes to be sent.
  // `grants` hold the new batch numbers.
  virtual std::vector<producers::Outgoing> committed(const Grants& grants) = 0;

  // The transaction did not happen: drop the prepared state.
  virtual void discarded() = 0;

  // Statements that must accompany the dead letter of this message (e.g. its saga is marked as
  // needing attention). Followed by committed() or discarded() like decide().
  virtual Decision poisoned(const core::KafkaMessage& message, const std::string& reason,
                            const Work& work) {
    (void)message, (void)reason, (void)work;
    return {};
  }

  // When decide() is wanted though no message came (in the database's clock); Time::max(): never.
  [[nodiscard]] virtual Time next_due() const { return Time::max(); }

  // Age of the oldest item that is ready but not handled, for backpressure; zero when there is
  // none.
  [[nodiscard]] virtual core::Duration oldest_ready(Time now) const {
    (void)now;
    return core::Duration{0};
  }
};

struct OwnerLoopOptions {
  std::string role;  // "orchestrator"; names group, owner, metrics, application
  std::string topic;
  std::string group;
  std::string schema;         // whose `partitions` table holds the grants
  std::string database_role;  // SET ROLE
  std::string database_url;
  core::KafkaOptions kafka;
  std::size_t batch_limit = 1000;
  // Messages are handled this long after they arrived: a participant's simulated latency.
  core::Duration ready_delay{0};
};

// Consumes one topic as the owner of its partitions: grant, batch, decide, one transaction
// {ownership check, effects, offsets}, publish. Any failure ends in reading the truth again, never
// in a guess.
//
// run() blocks its thread until stop() (safe from any thread and from signal-driven code). It
// throws only for defects; a dead database or broker is waited for.
class OwnerLoop {
 public:
  OwnerLoop(OwnerLoopOptions options, PartitionHandler& handler, core::DatabaseClock& clock,
            core::Logger& logger, core::Metrics& metrics);
  ~OwnerLoop();

  void run();
  void stop() { stop_.store(true); }

 private:
  class Impl;
  std::atomic<bool> stop_{false};
  std::unique_ptr<Impl> impl_;
};

}  // namespace orderflow::consumers
