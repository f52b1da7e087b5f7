#pragma once

#include <functional>
#include <set>
#include <string>

#include "consumers/sagas/orchestrator.hpp"
#include "tests/integration/participant_harness.hpp"

namespace orderflow::testing {

inline constexpr int kBatchLimit = 10;
inline constexpr const char* kBegun = "payment:sent,delivery:not_started";

// An orchestrator on a database of its own, without an owner loop, and rows for it to find.
class Sagas {
 public:
  Sagas()
      : settings_(settings_from({{"ORDERFLOW_BATCH_LIMIT", std::to_string(kBatchLimit)}})),
        orchestrator_(settings_, events::Topics(""), logger_, metrics_, health_),
        driver(orchestrator_, database.url(), "orderflow_orders") {}

  // An id whose shard lies in the partition and in the lower or upper half of its shards.
  static core::Uuid id_in(std::int32_t partition, bool upper) {
    while (true) {
      const core::Uuid id = core::new_uuid_v7();
      const auto shard = core::shard_of(id.to_string());
      const bool is_upper = shard >= core::kShardCount / 2;
      if (shard % kPartitions == partition && is_upper == upper) return id;
    }
  }

  // `columns` and `values` of the saga's row besides those every saga has.
  void insert(const core::Uuid& id, const std::string& columns, const std::string& values) const {
    const std::string key = id.to_string();
    database.sql().execute(
        "INSERT INTO orders.orders (id, shard, user_id, items, total, currency, delivery_address,"
        " correlation_id, traceparent, created_at) VALUES ('" +
        key + "', " + shard_text(id) +
        ", gen_random_uuid(), '[]', 100000, 'USD', '{}', 'test', '', now())");
    database.sql().execute(
        "INSERT INTO orders.sagas (order_id, user_id, shard, round, updated_at, " + columns +
        ") SELECT id, user_id, " + shard_text(id) + ", 1, now(), " + values +
        " FROM orders.orders WHERE id = '" + key + "'");
  }

  void insert_due(const core::Uuid& id) const {
    insert(id, "live, status, phase, steps, wake_at",
           "true, 'PENDING_PAYMENT', 'running', '', now() - interval '1 hour'");
  }

  void insert_sold(const core::Uuid& id, const core::Uuid& payment) const {
    insert(id, "live, status, resting_status, phase, steps, step, waiting_for, payment_id",
           "false, 'DELIVERED', 'DELIVERED', 'ended', 'payment:done,delivery:done', 'scheduled', "
           "'nothing', '" +
               payment.to_string() + "'");
  }

  // Each is accepted a second after the one before.
  void ask(const core::Uuid& order, const std::string& kind, const std::string& payment = "NULL") {
    database.sql().execute(
        "INSERT INTO orders.requests (id, order_id, shard, kind, amount, payment_id, actor,"
        " correlation_id, traceparent, accepted_at) VALUES (gen_random_uuid(), '" +
        order.to_string() + "', " + shard_text(order) + ", '" + kind + "', 1, " + payment +
        ", 'a test', 'test', '', now() - interval '1 hour' + " + std::to_string(++asked_) +
        " * interval '1 second')");
  }

  void insert_event(const core::Uuid& order, int sequence) const {
    const auto number = std::to_string(sequence);
    database.sql().execute(
        "INSERT INTO orders.events (order_id, shard, sequence, partition, batch_no, ordinal, type, "
        "status,"
        " time, actor, correlation_id, traceparent, data) VALUES ('" +
        order.to_string() + "', " + shard_text(order) + ", " + number + ", 0, " + number +
        ", 0, 'OrderPlaced', 'PAID', now(), 'a test', 'test', '', '{}')");
  }

  [[nodiscard]] const core::Metrics& metrics() const { return metrics_; }
  [[nodiscard]] std::string in_readiness(const std::string& part) const {
    const auto component = health_.components().at("orchestrator " + part);
    return component.up ? component.detail : "the role is not ready";
  }
  [[nodiscard]] bool waits() const { return orchestrator_.next_due() > driver.now; }
  [[nodiscard]] core::Duration oldest_ready() const {
    return orchestrator_.oldest_ready(driver.now);
  }
  void lose_everything() {
    std::set<std::int32_t> all;
    for (std::int32_t partition = 0; partition < kPartitions; ++partition) all.insert(partition);
    orchestrator_.dropped(all);
  }

  [[nodiscard]] std::int64_t handled(const core::Uuid& order) const {
    return database.sql().number(
        "SELECT count(*) FROM orders.requests WHERE handled AND order_id = '" + order.to_string() +
        "'");
  }
  [[nodiscard]] std::string steps(const core::Uuid& order) const {
    return database.sql().text("SELECT steps FROM orders.sagas WHERE order_id = '" +
                               order.to_string() + "'");
  }

  // Within so many passes of the scan for overdue sagas, of six seconds at most: in how many chunks
  // one is made depends on how long the first one took.
  bool found_within(int passes, const std::function<bool()>& condition) {
    for (int step = 0; step < 48 * passes && !condition(); ++step) {
      driver.now += std::chrono::milliseconds{125};
      (void)driver.run({});
    }
    return condition();
  }

  MigratedDatabase database;

 private:
  static std::string shard_text(const core::Uuid& id) {
    return std::to_string(core::shard_of(id.to_string()));
  }

  core::Settings settings_;
  core::Logger logger_{"test", core::LogLevel::kError};
  core::Metrics metrics_{"test"};
  core::Health health_;
  consumers::Orchestrator orchestrator_;
  int asked_ = 0;

 public:
  HandlerDriver driver;  // Last: it is granted the partitions of all the above.
};

}  // namespace orderflow::testing
