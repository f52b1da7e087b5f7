#include "consumers/sagas/saga_metrics.hpp"

#include <algorithm>

#include "events/roles.hpp"
#include "saga/order/awaited_steps.hpp"

namespace orderflow::consumers {
namespace {

const std::string kSaga(saga::kOrderSaga.name);

std::string name_of(int step) { return std::string(saga::step_name(saga::kOrderSaga, step)); }

core::MetricLabels labels_of(int step) { return {{"saga", kSaga}, {"step", name_of(step)}}; }

}  // namespace

SagaMetrics::SagaMetrics(core::Metrics& metrics)
    : metrics_(metrics),
      started_(metrics.counter("sagas_started_total", "Sagas begun.", {{"saga", kSaga}})),
      events_published_(
          metrics.counter("events_published_total", "Order events handed to the broker.")),
      misplaced_(metrics.counter("misplaced_messages_total",
                                 "Messages ignored because they came in the wrong partition.",
                                 {{"role", std::string(events::kOrchestrator.name)}})),
      unknown_(metrics.counter("unknown_order_messages_total",
                               "Messages ignored because no such order exists.")),
      oldest_(metrics.gauge("saga_oldest_unfinished_seconds",
                            "Age of the oldest unfinished step among the sagas held.")) {}

prometheus::Counter& SagaMetrics::by_step(const char* name, const char* help,
                                          std::string_view step) {
  auto& slot = counters_[std::string(name) + "/" + std::string(step)];
  if (slot == nullptr) {
    slot = &metrics_.counter(name, help, {{"saga", kSaga}, {"step", std::string(step)}});
  }
  return *slot;
}

void SagaMetrics::observe(const saga::Observation& seen) {
  using enum saga::ObservationKind;
  switch (seen.kind) {
    case kStarted: started_.Increment(); break;
    case kFinished: {
      auto& slot = counters_["finished/" + std::string(seen.outcome)];
      if (slot == nullptr) {
        slot = &metrics_.counter("sagas_finished_total", "Sagas ended, by the order's status.",
                                 {{"saga", kSaga}, {"outcome", std::string(seen.outcome)}});
      }
      slot->Increment();
      break;
    }
    case kStepEnded: {
      auto& slot = durations_[std::string(seen.step) + "/" + std::string(seen.outcome)];
      if (slot == nullptr) {
        slot = &metrics_.histogram("saga_step_duration_seconds",
                                   "From a step's first command to its final reply.",
                                   {{"saga", kSaga},
                                    {"step", std::string(seen.step)},
                                    {"outcome", std::string(seen.outcome)}},
                                   core::Metrics::latency_bounds());
      }
      slot->Observe(static_cast<double>(seen.took.count()) / 1e6);
      break;
    }
    case kRetried:
      by_step("saga_retries_total", "Attempts after the first.", seen.step).Increment();
      break;
    case kTimedOut:
      by_step("saga_timeouts_total", "Commands without a reply in time.", seen.step).Increment();
      break;
    case kExhausted: break;  // Shows as sagas_attention.
    case kCompensated:
      by_step("saga_compensations_total", "Undo commands begun.", seen.step).Increment();
      break;
  }
}

void SagaMetrics::in_progress(const saga::Sagas& sagas, core::Time now) {
  std::array<std::size_t, saga::kMaxSteps + 1> counts{};
  core::Duration oldest{0};
  for (const auto& [id, saga] : sagas) {
    if (!saga.state.live()) continue;
    ++counts[static_cast<std::size_t>(saga.state.step)];
    if (saga.state.step_started_at) oldest = std::max(oldest, now - *saga.state.step_started_at);
  }
  for (const int step : saga::kAwaitedSteps) {
    metrics_.gauge("sagas_in_progress", "Live sagas an owner holds, by step.", labels_of(step))
        .Set(static_cast<double>(counts[static_cast<std::size_t>(step)]));
  }
  oldest_.Set(static_cast<double>(oldest.count()) / 1e6);
}

void SagaMetrics::waiting(const ParticipantHealth& health) {
  for (const int step : saga::kAwaitedSteps) {
    const core::MetricLabels labels = labels_of(step);
    const auto count = health.count(step);
    metrics_
        .gauge("sagas_attention", "Sagas that wait for a person or a participant, by step.", labels)
        .Set(static_cast<double>(count.attention));
    metrics_.gauge("sagas_undo_failed", "Of those, the ones whose undo failed for good.", labels)
        .Set(static_cast<double>(count.undo_failed));
    metrics_
        .gauge("circuit_breaker_state",
               "Of the participant that does a step: 0 closed, 1 half-open, 2 open.",
               {{"target", name_of(step)}})
        .Set(static_cast<double>(health.breaker(step)));
  }
}

}  // namespace orderflow::consumers
