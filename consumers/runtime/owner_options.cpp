#include "consumers/runtime/owner_options.hpp"
#include "core/pg/settings.hpp"
#include "events/settings.hpp"

#include <string>

namespace orderflow::consumers {

OwnerLoopOptions owner_options(const events::Role& role, const core::Settings& settings) {
  const std::string& prefix = settings.get(events::kTopicPrefix);
  OwnerLoopOptions options;
  options.role = role.name;
  options.topic = prefix + std::string(role.topic);
  options.group = events::consumer_group(role, prefix);
  options.schema = role.schema;
  options.database_role = role.database_role;
  options.database_url = settings.get(core::kDatabaseUrl);
  options.kafka = core::kafka_options(settings, events::client_id(role));
  options.batch_limit = settings.get(core::kBatchLimit);
  return options;
}

}  // namespace orderflow::consumers
