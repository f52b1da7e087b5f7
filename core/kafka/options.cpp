#include "core/kafka/options.hpp"

#include <utility>

namespace orderflow::core {

KafkaOptions kafka_options(const Config& config, std::string client_id) {
  return {config.text("bootstrap-servers"), std::move(client_id), config.kafka_properties(),
          config.duration("fetch-wait")};
}

}  // namespace orderflow::core
