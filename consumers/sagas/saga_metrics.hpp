#pragma once

#include <map>
#include <string>

#include "consumers/sagas/participant_health.hpp"
#include "core/observe/metrics.hpp"
#include "saga/store/store.hpp"

namespace orderflow::consumers {

// Counts what sagas do. Keeps references, so that the hot path never looks a metric up by text
// twice.
class SagaMetrics {
 public:
  explicit SagaMetrics(core::Metrics& metrics);

  void observe(const saga::Observation& observation);
  void events_published(std::size_t count) {
    events_published_.Increment(static_cast<double>(count));
  }
  // From the sagas an owner holds: how many are at each step, and the age of the oldest.
  void in_progress(const saga::Sagas& sagas, core::Time now);
  // Sagas that wait for a person or a participant, and the circuit breakers of participants.
  void waiting(const ParticipantHealth& health);
  void misplaced(std::size_t count) {
    if (count > 0) misplaced_.Increment(static_cast<double>(count));
  }
  void unknown_order() { unknown_.Increment(); }

 private:
  prometheus::Counter& by_step(const char* name, const char* help, std::string_view step);

  core::Metrics& metrics_;
  prometheus::Counter& started_;
  prometheus::Counter& events_published_;
  prometheus::Counter& misplaced_;
  prometheus::Counter& unknown_;
  prometheus::Gauge& oldest_;
  std::map<std::string, prometheus::Counter*> counters_;
  std::map<std::string, prometheus::Histogram*> durations_;
};

}  // namespace orderflow::consumers
