#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/processes.hpp"
#include "core/kafka/consumer.hpp"
#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"

namespace orderflow::bench {

// What the installation has spent since it began; the difference of two is what a load cost.
struct Spent {
  // PostgreSQL's own counters by name: transactions, rows, WAL.
  std::map<std::string, std::int64_t> database;
  std::map<std::string, std::int64_t> records;  // by topic, without the prefix
  std::vector<ProcessUsage> processes;
  std::int64_t machine_busy_us = 0;  // CPU time of every process there is
};

// The difference; processes that were not there all the time are left out.
[[nodiscard]] Spent operator-(const Spent& after, const Spent& before);

// Reads the counters of PostgreSQL, Kafka and the kernel. Its own reading costs one transaction and
// a few requests. One thread at a time; throws core::Unavailable.
class Meter {
 public:
  Meter(const core::Settings& settings, core::Logger& logger, const std::string& state_dir);

  [[nodiscard]] Spent read();

  // What PostgreSQL says of itself and how Kafka's topics are cut, for the report.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> settings();

 private:
  struct Topic {
    std::string name;  // without the prefix
    std::int32_t partitions;
    std::unique_ptr<core::KafkaConsumer> log;
  };

  core::PgSession session_;
  std::vector<Topic> topics_;
  std::vector<NamedProcess> processes_;
};

}  // namespace orderflow::bench
