#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/async/batch_pace.hpp"
#include "core/async/one_shot.hpp"
#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/session.hpp"
#include "core/settings/config.hpp"
#include "http-api/orders/records.hpp"

namespace orderflow::http_api {

enum class PlaceResult {
  kPlaced,      // durable; `order` is complete
  kReplayed,    // its key was used before with the same body; `order` is the first one
  kKeyReused,   // its key was used before with another body
  kRefused,     // the database refuses a value of this very order
  kUnavailable  // not known to be durable: try again
};

struct PlaceOutcome {
  PlaceResult result = PlaceResult::kUnavailable;
  OrderRecord order;
  std::string detail;
};

// Group commit of new orders. One thread takes all that wait (at most batch-limit) and makes them
// durable in one transaction and one round trip; while one batch commits the next one gathers, and
// under load the first of a batch waits a little for the others (core/async/batch_pace.hpp).
// Orders, saga rows and idempotency keys are one transaction.
//
// One bad order never fails its neighbours: when the server refuses a value the batch is halved
// until it stands alone. Keys that meet inside a batch are settled in memory, across batches and
// processes by the database. submit() is safe from any thread; the outcome is set on the writer's
// thread.
class OrderWriter {
 public:
  using Outcome = std::shared_ptr<OneShot<PlaceOutcome>>;
  using Placed = std::function<void(const NewOrder&)>;

  // `placed` is called after the commit, on the writer's thread, for each order that is now
  // durable.
  OrderWriter(const core::Config& config, core::Logger& logger, core::Metrics& metrics,
              Placed placed);
  ~OrderWriter();  // stop()
  OrderWriter(const OrderWriter&) = delete;
  OrderWriter& operator=(const OrderWriter&) = delete;

  // Null when the queue is full or the writer stops: answer 503.
  [[nodiscard]] Outcome submit(NewOrder order);

  // Takes nothing more, commits what waits, ends the thread.
  void stop();

 private:
  struct Entry {
    NewOrder order;
    Outcome outcome;
    PlaceOutcome verdict;
    bool settled = false;
    Entry* leader = nullptr;  // the earlier entry of this batch with the same key
  };
  using Entries = std::vector<Entry*>;

  void run(const std::stop_token& stop);
  void gather(std::unique_lock<std::mutex>& lock) const;
  void commit(std::span<Entry> batch);
  void settle(Entries entries);
  [[nodiscard]] Entries pick_leaders(const Entries& entries, Entries& followers) const;
  void insert(std::span<Entry* const> entries);
  [[nodiscard]] core::PgResult insert_rows(std::span<Entry* const> entries);
  void read_winners(const Entries& entries);
  void refuse_lone(Entry& entry, const core::DataError& error);

  core::Logger& logger_;
  Placed placed_;
  core::PgSession session_;  // the thread's
  std::size_t batch_max_;
  std::size_t queue_max_;
  prometheus::Counter& placed_total_;
  prometheus::Histogram& batch_size_;
  prometheus::Histogram& commit_seconds_;
  prometheus::Gauge& waiting_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<Entry> queue_;
  bool closed_ = false;
  core::BatchPace pace_;  // the thread's
  std::jthread thread_;
};

}  // namespace orderflow::http_api
