#pragma once

#include <chrono>
#include <map>
#include <string>

#include "core/settings/settings.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

// How to reach the cluster, the same for every client of a process. A value.
struct KafkaOptions {
  std::string bootstrap_servers;
  std::string client_id;
  std::map<std::string, std::string> properties;  // ORDERFLOW_KAFKA_*: security, SASL, TLS
  // How long the broker may hold a fetch that finds nothing. Kafka answers as soon as something
  // comes; the embedded broker holds it to the end, so there this is the latency of each hop.
  Duration fetch_wait = std::chrono::milliseconds{250};
};

// From ORDERFLOW_KAFKA_*, KAFKA_BOOTSTRAP_SERVERS and ORDERFLOW_FETCH_WAIT.
[[nodiscard]] KafkaOptions kafka_options(const Settings& settings, std::string client_id);

}  // namespace orderflow::core
