#include "bench/meter.hpp"

#include <algorithm>

#include "bench/topic_log.hpp"
#include "core/pg/settings.hpp"
#include "events/settings.hpp"
#include "events/topics.hpp"

namespace orderflow::bench {
namespace {

// Counted by the server. Sessions report at most once a second, so a window must be much longer.
constexpr core::PgStatement kCounters{
    "bench_counters",
    "SELECT c.key, c.value::int8 FROM (SELECT d.xact_commit AS transactions, d.tup_inserted AS "
    "rows_inserted, "
    "d.tup_updated AS rows_updated, d.tup_deleted AS rows_deleted, "
    "(pg_current_wal_lsn() - '0/0')::bigint AS wal_bytes, w.wal_records, w.wal_fpi AS "
    "wal_page_images, "
    "w.wal_sync AS wal_syncs "
    "FROM pg_stat_database d, pg_stat_wal w WHERE d.datname = current_database()) r, "
    "json_each_text(row_to_json(r)) c"};

constexpr core::PgStatement kSettings{
    "bench_settings",
    "SELECT c.key, coalesce(c.value, '-') FROM (SELECT current_setting('server_version') AS "
    "postgresql, current_setting('fsync') AS fsync, "
    "current_setting('synchronous_commit') AS synchronous_commit, "
    "current_setting('full_page_writes') AS full_page_writes, "
    "current_setting('shared_buffers') AS shared_buffers, "
    "(SELECT reltuples::bigint FROM pg_class WHERE oid = 'orders.orders'::regclass) "
    "AS orders_before) r, json_each_text(row_to_json(r)) c"};

}  // namespace

Spent operator-(const Spent& after, const Spent& before) {
  Spent difference = after;
  for (auto& [name, value] : difference.database) value -= before.database.at(name);
  for (auto& [topic, count] : difference.records) count -= before.records.at(topic);
  difference.machine_busy_us -= before.machine_busy_us;
  std::erase_if(difference.processes, [&](ProcessUsage& usage) {
    const auto earlier = std::find_if(before.processes.begin(), before.processes.end(),
                                      [&](const auto& other) { return other.name == usage.name; });
    if (earlier == before.processes.end() || earlier->cpu_us > usage.cpu_us) return true;
    usage.cpu_us -= earlier->cpu_us;
    return false;
  });
  return difference;
}

Meter::Meter(const core::Settings& settings, core::Logger& logger, const std::string& state_dir)
    : session_(settings.get(core::kDatabaseUrl), {.application_name = "orderflow/bench"}),
      processes_(find_processes(state_dir)) {
  const auto options = core::kafka_options(settings, "orderflow-bench-meter");
  const events::Topics topics(settings.get(events::kTopicPrefix));
  for (const auto& row : events::kTopics) {
    auto log =
        std::make_unique<core::KafkaConsumer>(options, logger, topics[row.topic], "", nullptr);
    const auto partitions = await_partitions(*log);
    topics_.push_back({std::string(row.name), partitions, std::move(log)});
  }
}

Spent Meter::read() {
  Spent spent;
  spent.processes = measure(processes_);
  spent.machine_busy_us = machine_busy_us();
  const auto counters = session_.execute(kCounters);
  for (int i = 0; i < counters.rows(); ++i) {
    spent.database[std::string(counters.text(i, 0))] = counters.int8(i, 1);
  }
  for (auto& topic : topics_) {
    std::int64_t& end = spent.records[topic.name];
    for (const auto& log_end : log_ends(*topic.log, topic.partitions)) end += log_end.offset;
  }
  return spent;
}

std::vector<std::pair<std::string, std::string>> Meter::settings() {
  std::vector<std::pair<std::string, std::string>> settings;
  std::string broker = "outside";
  for (const auto& process : processes_) {
    if (process.name == "kafka") broker = "kafka";
    if (process.name == "broker") broker = "embedded";
  }
  settings.emplace_back("broker", broker);
  settings.emplace_back("partitions", std::to_string(topics_.front().partitions));
  settings.emplace_back("librdkafka", rd_kafka_version_str());
  const auto rows = session_.execute(kSettings);
  for (int i = 0; i < rows.rows(); ++i) {
    settings.emplace_back(rows.text(i, 0), rows.text(i, 1));
  }
  return settings;
}

}  // namespace orderflow::bench
