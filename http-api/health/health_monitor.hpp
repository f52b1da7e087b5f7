#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "core/kafka/options.hpp"
#include "core/kafka/producer.hpp"
#include "core/observe/health.hpp"
#include "core/observe/log.hpp"
#include "core/pg/database_check.hpp"
#include "core/settings/settings.hpp"

namespace orderflow::http_api {

// Asks the database and Kafka about once a second, each on a connection and a thread of its own and
// with a deadline, and reports the components "database" (it answers and is what Orderflow needs:
// core/pg/database_check.hpp), "schema" (the migrations are there, and this program's), "kafka",
// and "installation": that no other one uses its topics, as far as consumer groups tell. From
// construction to destruction. A change is logged, a state that stays is not.
class HealthMonitor {
 public:
  HealthMonitor(const core::Settings& settings, core::Health& health, core::Logger& logger);
  ~HealthMonitor();
  HealthMonitor(const HealthMonitor&) = delete;
  HealthMonitor& operator=(const HealthMonitor&) = delete;

 private:
  void repeat(const std::stop_token& stop, const std::function<void()>& check);
  void check_database();
  void read_installation();
  void check_kafka();
  void check_brokers();
  void check_members(const std::string& installation);
  void report(const std::string& component, bool up, const std::string& detail = {});

  core::Health& health_;
  core::Logger& logger_;
  core::KafkaOptions kafka_options_;
  core::DatabaseCheck database_;                 // the database thread's
  core::SteadyTime next_installation_{};         // the database thread's
  std::unique_ptr<core::KafkaProducer> client_;  // the Kafka thread's
  core::SteadyTime next_members_{};              // the Kafka thread's
  std::string stranger_;                         // the Kafka thread's; empty: none
  std::string topic_prefix_;
  std::string installation_;  // Under the mutex; empty: not known yet.
  std::mutex mutex_;
  std::map<std::string, bool> last_;
  std::jthread database_thread_;
  std::jthread kafka_thread_;
};

}  // namespace orderflow::http_api
