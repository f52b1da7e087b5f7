#include "core/kafka/options.hpp"
#include "core/kafka/settings.hpp"

#include <utility>

namespace orderflow::core {

KafkaOptions kafka_options(const Settings& settings, std::string client_id) {
  return {settings.get(kBootstrapServers), std::move(client_id), settings.get(kKafkaProperties),
          settings.get(kFetchWait)};
}

}  // namespace orderflow::core
