#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/async/group_commit.hpp"
#include "core/async/one_shot.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"
#include "http-api/orders/key_groups.hpp"
#include "http-api/orders/new_order.hpp"

namespace orderflow::http_api {

// Makes new orders durable by group commit: orders, saga rows and idempotency keys of a batch are
// one transaction and one round trip.
//
// One bad order never fails its neighbours: when the server refuses a value the batch is halved
// until it stands alone. Keys that meet inside a batch are decided in memory (KeyGroup), across
// batches and processes by the database. submit() is safe from any thread; the outcome is set on
// the writer's thread.
class OrderWriter {
 public:
  using Outcome = std::shared_ptr<core::OneShot<PlaceOutcome>>;
  using OnPlaced = std::function<void(const NewOrder&)>;

  // `on_placed` is called after the commit, on the writer's thread, for each order that is now
  // durable.
  OrderWriter(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
              OnPlaced on_placed);

  // Null when the queue is full or the writer stops: answer 503.
  [[nodiscard]] Outcome submit(NewOrder order);

  // Takes nothing more; commits what waits.
  void request_stop() { queue_.request_stop(); }
  void stop() { queue_.stop(); }

 private:
  struct Entry {
    NewOrder order;
    Outcome answer;
    PlaceOutcome outcome;
  };
  using Groups = std::vector<KeyGroup*>;

  void commit(std::span<Entry> batch);
  void decide(std::vector<KeyGroup>& groups);
  void insert(std::span<KeyGroup*> groups, Groups& taken);
  void read_taken(const Groups& groups);
  void refuse(KeyGroup& group, const core::DataError& error);

  core::Logger& logger_;
  OnPlaced on_placed_;
  core::PgSession session_;  // the thread's
  prometheus::Counter& placed_total_;
  prometheus::Histogram& batch_size_;
  prometheus::Histogram& commit_seconds_;
  prometheus::Gauge& waiting_;
  core::GroupCommit<Entry> queue_;  // Last: its thread uses all of the above.
};

}  // namespace orderflow::http_api
