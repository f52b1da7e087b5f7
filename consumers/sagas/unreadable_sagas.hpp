#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "consumers/runtime/batch.hpp"
#include "consumers/sagas/saga_batch.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "saga/store/saga_rows.hpp"

namespace orderflow::consumers {

// Sagas whose rows cannot be read: left out of everything that comes by itself (polls, probes,
// wake-ups) and looked at again now and then, so that they go on once somebody has mended them.
// Each is logged once; readiness names them. Beyond the limit one is not remembered: the overdue
// scan meets it again each time.
//
// Owned by the orchestrator; one thread. What was read, whatever becomes of the transaction.
class UnreadableSagas {
 public:
  static constexpr std::size_t kRememberedMax = 1'000;
  static constexpr core::Duration kLookInterval = std::chrono::seconds{10};

  UnreadableSagas(core::Logger& logger, core::Metrics& metrics, core::Health& health);

  void add(const saga::UnreadableSaga& saga, std::int32_t partition, Time now);
  // It was read, or is gone. Nothing happens where it was not among these.
  void remove(const core::Uuid& order_id);
  void drop(const std::set<std::int32_t>& partitions);

  [[nodiscard]] bool contains(const core::Uuid& order_id) const {
    return sagas_.contains(order_id);
  }
  [[nodiscard]] std::vector<core::Uuid> order_ids() const;

  // Once an interval: adds a wake-up for each of them that may act now.
  void look_again(const Batch& batch, std::vector<SagaBatch::Pending>& inputs);
  [[nodiscard]] Time next() const { return sagas_.empty() ? Time::max() : next_look_; }

 private:
  struct Known {
    std::int32_t partition = 0;
    std::string why;
  };
  void show();

  core::Logger& logger_;
  prometheus::Gauge& gauge_;
  core::Health& health_;
  std::map<core::Uuid, Known> sagas_;
  Time next_look_{};
};

}  // namespace orderflow::consumers
