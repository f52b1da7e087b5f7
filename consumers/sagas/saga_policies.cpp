#include "consumers/sagas/saga_policies.hpp"

#include "saga/order/awaited_steps.hpp"
#include "saga/settings.hpp"

namespace orderflow::consumers {

namespace {

struct ReplyTimeout {
  const events::Role& participant;
  const core::Setting<core::Duration>& setting;
};

constexpr auto kReplyTimeouts = saga::one_row_a_participant(
    saga::kOrderSaga, std::array{
                          ReplyTimeout{events::kPayments, saga::kPaymentTimeout},
                          ReplyTimeout{events::kDelivery, saga::kDeliveryTimeout},
                      });

saga::Policy configured(const core::Settings& settings) {
  saga::Policy policy;
  policy.retry.attempts = settings.get(saga::kRetryAttempts);
  policy.retry.backoff_initial = settings.get(saga::kRetryBackoffInitial);
  policy.retry.backoff_multiplier = settings.get(saga::kRetryBackoffMultiplier);
  policy.retry.backoff_max = settings.get(saga::kRetryBackoffMax);
  for (const int step : saga::kAwaitedSteps) {
    const auto& timeout = saga::row_of_participant(kReplyTimeouts, saga::kOrderSaga, step);
    policy.reply_timeout[step] = settings.get(timeout.setting);
  }
  policy.probe_interval = settings.get(saga::kProbeInterval);
  return policy;
}

}  // namespace

SagaPolicies::SagaPolicies(const core::Settings& settings)
    : usual_(configured(settings)),
      single_attempt_(usual_),
      configured_timeout_(usual_.reply_timeout) {
  single_attempt_.retry.attempts = 1;
}

void SagaPolicies::adapt(const ParticipantHealth& health) {
  for (const int step : saga::kAwaitedSteps) {
    const auto timeout = health.reply_timeout(step, configured_timeout_[step]);
    usual_.reply_timeout[step] = timeout;
    single_attempt_.reply_timeout[step] = timeout;
  }
}

}  // namespace orderflow::consumers
