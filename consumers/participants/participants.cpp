#include "consumers/participants/participants.hpp"

#include <string>
#include <utility>

#include "consumers/participants/delivery_handler.hpp"
#include "consumers/participants/ledger_check.hpp"
#include "consumers/participants/payments_handler.hpp"
#include "consumers/runtime/owner_loop.hpp"
#include "consumers/runtime/owner_options.hpp"
#include "core/pg/clock.hpp"
#include "core/pg/settings.hpp"
#include "domain/settings.hpp"
#include "events/roles.hpp"
#include "events/settings.hpp"
#include "events/topics.hpp"

namespace orderflow::consumers {
namespace {

domain::SimulationRates rates_of(const core::Settings& settings) {
  domain::SimulationRates rates;
  rates.seed = settings.get(domain::kSimulationSeed);
  rates.magic = settings.get(domain::kSimulationMagic);
  return rates;
}

void run_loop(OwnerLoopOptions options, PartitionHandler& handler, core::Logger& logger,
              core::Metrics& metrics, core::Health& health, const std::stop_token& stop) {
  core::DatabaseClock clock;
  OwnerLoop loop(std::move(options), handler, clock, logger, metrics, health);
  const std::stop_callback on_stop(stop, [&loop] { loop.stop(); });
  loop.run();
}

}  // namespace

void run_payments(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
                  core::Health& health, const std::stop_token& stop) {
  const events::Topics topics(settings.get(events::kTopicPrefix));
  domain::SimulationRates rates = rates_of(settings);
  rates.refused = 1 - settings.get(domain::kPaymentSuccessRate);
  rates.silent = settings.get(domain::kPaymentSilenceRate);
  rates.failed = settings.get(domain::kPaymentFailureRate);
  PaymentsHandler handler(topics[events::Topic::kOrdersInbox], domain::Simulation(rates), logger,
                          metrics);
  auto options = owner_options(events::kPayments, settings);
  options.ready_delay = settings.get(domain::kPaymentLatency);

  const LedgerCheckThread ledger_check(settings.get(core::kDatabaseUrl), logger, metrics);
  run_loop(std::move(options), handler, logger, metrics, health, stop);
}

void run_delivery(const core::Settings& settings, core::Logger& logger, core::Metrics& metrics,
                  core::Health& health, const std::stop_token& stop) {
  const events::Topics topics(settings.get(events::kTopicPrefix));
  domain::SimulationRates rates = rates_of(settings);
  rates.refused = settings.get(domain::kCarrierFailureRate);
  rates.silent = settings.get(domain::kCarrierSilenceRate);
  DeliveryHandlerOptions handler_options{
      topics[events::Topic::kOrdersInbox], domain::Simulation(rates), {}};
  handler_options.policy.carrier_time = settings.get(domain::kCarrierTime);
  DeliveryHandler handler(std::move(handler_options), logger, metrics);
  run_loop(owner_options(events::kDelivery, settings), handler, logger, metrics, health, stop);
}

}  // namespace orderflow::consumers
