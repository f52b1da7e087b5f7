#pragma once

#include "consumers/sagas/participant_health.hpp"
#include "core/settings/settings.hpp"
#include "saga/order/decide.hpp"

namespace orderflow::consumers {

// Attempts and time-outs of sagas: the configured policy, adapted to the health of participants.
// A value.
class SagaPolicies {
 public:
  explicit SagaPolicies(const core::Settings& settings);

  // Reply time-outs follow round trips; the configured ones are the shortest.
  void adapt(const ParticipantHealth& health);

  // While a participant is not available one attempt tells as much as five.
  [[nodiscard]] const saga::Policy& when(bool available) const {
    return available ? usual_ : single_attempt_;
  }
  [[nodiscard]] core::Duration probe_interval() const { return usual_.probe_interval; }

 private:
  saga::Policy usual_;
  saga::Policy single_attempt_;
  decltype(saga::Policy::reply_timeout) configured_timeout_;
};

}  // namespace orderflow::consumers
