#include "tools/all_settings.hpp"

#include <iterator>

#include "consumers/settings.hpp"
#include "core/kafka/settings.hpp"
#include "core/observe/settings.hpp"
#include "core/pg/settings.hpp"
#include "domain/settings.hpp"
#include "events/settings.hpp"
#include "http-api/settings.hpp"
#include "saga/settings.hpp"
#include "schemas/settings.hpp"
#include "tools/settings.hpp"

namespace orderflow::tools {
namespace {

core::SettingsTable assembled() {
  core::SettingsTable table;
  const auto add = [&table](const auto& settings) {
    table.settings.insert(table.settings.end(), std::begin(settings), std::end(settings));
  };
  add(core::kPgSettings);
  add(schemas::kSchemasSettings);
  add(core::kKafkaSettings);
  add(events::kEventsSettings);
  add(http_api::kHttpSettings);
  add(consumers::kConsumersSettings);
  add(saga::kSagaSettings);
  add(domain::kDomainSettings);
  add(core::kObserveSettings);
  add(events::kCrashSettings);
  add(kLocalSettings);
  table.families = {&core::kKafkaProperties};
  table.foreign = {"ORDERFLOW_CONFIG",    "ORDERFLOW_ENV_FILE",          "ORDERFLOW_ENV_FILES",
                   "ORDERFLOW_STATE_DIR", "ORDERFLOW_INSTANCE_SETTINGS", "ORDERFLOW_TEST_*",
                   "ORDERFLOW_BENCH_*"};
  return table;
}

}  // namespace

const core::SettingsTable& all_settings() {
  static const core::SettingsTable table = assembled();
  return table;
}

}  // namespace orderflow::tools
