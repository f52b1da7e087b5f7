#include "consumers/participants/participants.hpp"

#include <string>
#include <utility>

#include "consumers/participants/delivery_handler.hpp"
#include "consumers/participants/ledger_check.hpp"
#include "consumers/participants/payments_handler.hpp"
#include "consumers/runtime/owner_loop.hpp"
#include "consumers/runtime/owner_options.hpp"
#include "core/pg/clock.hpp"
#include "events/roles.hpp"
#include "events/topics.hpp"

namespace orderflow::consumers {
namespace {

domain::SimulationRates rates_of(const core::Config& config) {
  domain::SimulationRates rates;
  rates.seed = static_cast<std::uint64_t>(config.integer("simulation-seed"));
  rates.magic = config.integer("simulation-magic") == 1;
  return rates;
}

void run_loop(OwnerLoopOptions options, PartitionHandler& handler, core::Logger& logger,
              core::Metrics& metrics, const std::stop_token& stop) {
  core::DatabaseClock clock;
  OwnerLoop loop(std::move(options), handler, clock, logger, metrics);
  const std::stop_callback on_stop(stop, [&loop] { loop.stop(); });
  loop.run();
}

}  // namespace

void run_payments(const core::Config& config, core::Logger& logger, core::Metrics& metrics,
                  const std::stop_token& stop) {
  const events::Topics topics(config.text("topic-prefix"));
  domain::SimulationRates rates = rates_of(config);
  rates.refused = 1 - config.rate("payment-success-rate");
  rates.silent = config.rate("payment-silence-rate");
  rates.failed = config.rate("payment-failure-rate");
  PaymentsHandler handler(topics[events::Topic::kOrdersInbox], domain::Simulation(rates), logger,
                          metrics);
  auto options = owner_options(events::kPayments, config);
  options.ready_delay = config.duration("payment-latency");

  const LedgerCheckThread ledger_check(config.text("database-url"), logger, metrics);
  run_loop(std::move(options), handler, logger, metrics, stop);
}

void run_delivery(const core::Config& config, core::Logger& logger, core::Metrics& metrics,
                  const std::stop_token& stop) {
  const events::Topics topics(config.text("topic-prefix"));
  domain::SimulationRates rates = rates_of(config);
  rates.refused = config.rate("carrier-failure-rate");
  rates.silent = config.rate("carrier-silence-rate");
  DeliveryHandlerOptions handler_options{
      topics[events::Topic::kOrdersInbox], domain::Simulation(rates), {}};
  handler_options.policy.carrier_time = config.duration("carrier-time");
  DeliveryHandler handler(std::move(handler_options), logger, metrics);
  run_loop(owner_options(events::kDelivery, config), handler, logger, metrics, stop);
}

}  // namespace orderflow::consumers
