#include "consumers/runtime/owner_options.hpp"

#include <string>

namespace orderflow::consumers {

OwnerLoopOptions owner_options(const events::Role& role, const core::Config& config) {
  const std::string& prefix = config.text("topic-prefix");
  OwnerLoopOptions options;
  options.role = role.name;
  options.topic = prefix + std::string(role.topic);
  options.group = events::consumer_group(role, prefix);
  options.schema = role.schema;
  options.database_role = role.database_role;
  options.database_url = config.text("database-url");
  options.kafka = core::kafka_options(config, events::client_id(role));
  options.batch_limit = static_cast<std::size_t>(config.integer("batch-limit"));
  return options;
}

}  // namespace orderflow::consumers
