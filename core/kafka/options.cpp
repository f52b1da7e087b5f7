#include "core/kafka/options.hpp"
#include "core/kafka/settings.hpp"

#include <utility>

namespace orderflow::core {

KafkaOptions kafka_options(const Settings& settings, std::string client_id) {
  KafkaOptions options{settings.get(kBootstrapServers), std::move(client_id),
                       settings.get(kKafkaProperties), settings.get(kFetchWait)};
  // Client ids tell who is who; what a user would have them be, as for quotas, stands in front.
  if (const auto own = options.properties.extract("client.id")) {
    options.client_id.insert(0, own.mapped() + "-");
  }
  return options;
}

}  // namespace orderflow::core
