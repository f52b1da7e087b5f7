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
#include "core/pg/session.hpp"
#include "core/settings/settings.hpp"

namespace orderflow::core {

// Asks the database and Kafka about once a second, each on a connection and a thread of its own and
// with a deadline, and reports the components "database", "schema" (the migrations are there) and
// "kafka". From construction to destruction. A change is logged, a state that stays is not.
class HealthMonitor {
 public:
  HealthMonitor(const Settings& settings, Health& health, Logger& logger);
  ~HealthMonitor();
  HealthMonitor(const HealthMonitor&) = delete;
  HealthMonitor& operator=(const HealthMonitor&) = delete;

 private:
  void repeat(const std::stop_token& stop, const std::function<void()>& check);
  void check_database();
  void check_kafka();
  void report(const std::string& component, bool up, const std::string& detail = {});

  Health& health_;
  Logger& logger_;
  KafkaOptions kafka_options_;
  PgSession session_;                      // the database thread's
  std::unique_ptr<KafkaProducer> client_;  // the Kafka thread's
  std::mutex mutex_;
  std::map<std::string, bool> last_;
  std::jthread database_thread_;
  std::jthread kafka_thread_;
};

}  // namespace orderflow::core
