#include "http-api/services.hpp"

#include <algorithm>

namespace orderflow::http_api {
namespace {

constexpr std::size_t kBlockingThreadsMin = 4;
constexpr std::size_t kBlockingJobsMax = 2'000;

std::size_t blocking_threads(const core::Config& config) {
  return std::max(kBlockingThreadsMin, 2 * static_cast<std::size_t>(config.integer("db-pool")));
}

// A hung database must not keep a front end's thread for much longer than a statement may take.
constexpr core::Duration kStatementTimeout = std::chrono::seconds{5};
constexpr core::Duration kUseTimeout = std::chrono::seconds{7};

core::DatabasePool pool_of(const core::Config& config, const char* role) {
  return {config.text("database-url"), role, static_cast<std::size_t>(config.integer("db-pool")),
          kStatementTimeout, kUseTimeout};
}

}  // namespace

ContextPools::ContextPools(const core::Config& config)
    : orders(pool_of(config, "orderflow_orders")),
      payments(pool_of(config, "orderflow_payments")),
      delivery(pool_of(config, "orderflow_delivery")),
      identity(pool_of(config, "orderflow_identity")),
      catalogue(pool_of(config, "orderflow_catalogue")),
      login(pool_of(config, "")) {}

Services::Services(const core::Config& config, core::Logger& own_logger, core::Metrics& metrics)
    : logger(own_logger),
      operator_key(config.text("internal-api-key")),
      pools(config),
      lookups(pools.identity, pools.catalogue, blocking),
      publisher(config, own_logger, metrics),
      replayer(core::kafka_options(config, "orderflow-replay"), own_logger),
      writer(config, own_logger, metrics,
             [this](const NewOrder& order) {
               if (!order.record.draft) publisher.order_placed(order.record.id, order.trace);
             }),
      reader(config),
      feed(config, own_logger, metrics),
      backpressure(config, own_logger, metrics),
      cleaner(config, own_logger),
      blocking(blocking_threads(config), kBlockingJobsMax) {}

void Services::request_stop() {
  feed.request_stop();
  reader.request_stop();
  backpressure.request_stop();
  cleaner.request_stop();
}

}  // namespace orderflow::http_api
