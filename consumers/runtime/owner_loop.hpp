#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "consumers/runtime/partition_handler.hpp"
#include "core/kafka/options.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/clock.hpp"
#include "core/pg/database_url.hpp"
#include "core/values/time.hpp"

namespace orderflow::consumers {

struct OwnerLoopOptions {
  std::string role;  // "orchestrator"; names group, owner, metrics, application
  std::string topic;
  std::string group;
  std::string schema;         // whose `partitions` table holds the grants
  std::string database_role;  // SET ROLE
  core::DatabaseUrl database_url;
  core::KafkaOptions kafka;
  std::size_t batch_limit = 1000;
  // Messages are handled this long after they arrived: a participant's simulated latency.
  core::Duration ready_delay{0};
};

// Consumes one topic as the owner of its partitions: grant, batch, one transaction {ownership
// check, effects, offsets}, publish. Any failure ends in reading the truth again, never in a guess.
//
// run() blocks its thread until stop() (safe from any thread and from signal-driven code). It
// throws only for defects; a dead database or broker is waited for.
class OwnerLoop {
 public:
  OwnerLoop(OwnerLoopOptions options, PartitionHandler& handler, core::DatabaseClock& clock,
            core::Logger& logger, core::Metrics& metrics, core::Health& health);
  ~OwnerLoop();

  void run();
  void stop() { stop_.store(true); }

 private:
  class Impl;
  std::atomic<bool> stop_{false};
  std::unique_ptr<Impl> impl_;
};

}  // namespace orderflow::consumers
