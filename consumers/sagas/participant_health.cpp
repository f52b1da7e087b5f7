#include "consumers/sagas/participant_health.hpp"

#include <algorithm>

#include "saga/order/order_saga.hpp"

namespace orderflow::consumers {

using core::CircuitBreaker;
using core::Uuid;
using CanAsk = core::ProbeQueue::CanAsk;

namespace {

bool is_undo_failed(std::string_view reason) {
  return reason.starts_with(saga::attention::kUndoFailed);
}

}  // namespace

ParticipantHealth::ParticipantHealth(Duration probe_interval) : probe_interval_(probe_interval) {}

ParticipantHealth::Participant& ParticipantHealth::participant(int step) {
  return participants_.try_emplace(step, probe_interval_).first->second;
}

void ParticipantHealth::restore(const std::vector<saga::WaitingSaga>& waiting) {
  for (const auto& one : waiting) {
    const bool probes = one.waiting_for == saga::WaitingFor::kOperator;
    remember(one.order_id, {one.step, probes, is_undo_failed(one.reason)});
    auto& breaker = participant(one.step).breaker;
    if (probes && breaker.closed()) {
      participant(one.step).queue.hold();
      breaker.open(Time{});
    }
  }
}

void ParticipantHealth::update(const Uuid& order_id, const saga::State& state) {
  const bool probes = state.waiting_for == saga::WaitingFor::kOperator;
  if (state.live() && state.attention) {
    remember(order_id, {state.step, probes, is_undo_failed(state.reason)});
  } else {
    forget(order_id);
  }
}

void ParticipantHealth::remember(const Uuid& order_id, const Waiting& waiting) {
  const auto known = waiting_.find(order_id);
  if (known != waiting_.end()) {
    if (known->second.step == waiting.step && known->second.probes == waiting.probes) {
      Count& count = participant(waiting.step).count;
      if (known->second.undo_failed) --count.undo_failed;
      if (waiting.undo_failed) ++count.undo_failed;
      known->second = waiting;
      return;
    }
    forget(order_id);
  }
  if (waiting_.size() >= kRememberedMax) return;
  waiting_.emplace(order_id, waiting);
  Participant& one = participant(waiting.step);
  ++one.count.attention;
  if (waiting.undo_failed) ++one.count.undo_failed;
  if (waiting.probes) one.queue.add(order_id);
}

void ParticipantHealth::forget(const Uuid& order_id) {
  const auto known = waiting_.find(order_id);
  if (known == waiting_.end()) return;
  Participant& one = participant(known->second.step);
  --one.count.attention;
  if (known->second.undo_failed) --one.count.undo_failed;
  one.queue.remove(order_id);
  waiting_.erase(known);
  if (one.queue.empty()) one.breaker.close();
}

void ParticipantHealth::observe(const saga::Observation& seen, Time now) {
  using enum saga::ObservationKind;
  if (seen.kind != kStepEnded && seen.kind != kExhausted) return;
  Participant& one = participant(saga::step_named(saga::kOrderSaga, seen.step));
  if (seen.kind == kStepEnded) {
    // Karn's algorithm: a later attempt's reply does not tell the round trip.
    if (seen.attempt == 1) one.round_trip.sample(seen.took);
    if (one.breaker.answered(now)) one.queue.release(now);
  } else if (one.breaker.timed_out(seen.took, now)) {
    one.queue.hold();
  }
}

CircuitBreaker::State ParticipantHealth::breaker(int step) const {
  const auto found = participants_.find(step);
  return found == participants_.end() ? CircuitBreaker::State::kClosed
                                      : found->second.breaker.state();
}

Duration ParticipantHealth::reply_timeout(int step, Duration least) const {
  const auto found = participants_.find(step);
  if (found == participants_.end()) return least;
  const Duration most = std::min(least * kTimeoutFactorMax, 2 * least + kTimeoutBeyond);
  return found->second.round_trip.timeout(least, most);
}

std::vector<Uuid> ParticipantHealth::take_probes(Time now, const CanAsk& can_ask) {
  std::vector<Uuid> probes;
  for (auto& [step, one] : participants_) {
    if (one.breaker.next_probe() <= now) {
      take_probe(one, now, can_ask, probes);
    } else if (one.queue.next_batch() <= now) {
      take_batch(one, now, can_ask, probes);
    }
  }
  return probes;
}

void ParticipantHealth::take_probe(Participant& participant, Time now, const CanAsk& can_ask,
                                   std::vector<Uuid>& probes) {
  if (const auto id = participant.queue.next(can_ask)) {
    probes.push_back(*id);
    participant.breaker.probe_sent(now);
  } else {
    participant.breaker.probe_missed(now);
  }
}

// A batch that nobody was answered of, and nobody else since, is another outage.
void ParticipantHealth::take_batch(Participant& participant, Time now, const CanAsk& can_ask,
                                   std::vector<Uuid>& probes) const {
  const auto began = participant.queue.batch_under_way();
  if (began && participant.breaker.last_answer() <= *began) {
    participant.queue.hold();
    participant.breaker.open(now + probe_interval_);
    return;
  }
  const auto batch = participant.queue.take_batch(now, can_ask);
  probes.insert(probes.end(), batch.begin(), batch.end());
}

Time ParticipantHealth::next_probe() const {
  Time next = Time::max();
  for (const auto& [step, one] : participants_) {
    next = std::min({next, one.breaker.next_probe(), one.queue.next_batch()});
  }
  return next;
}

ParticipantHealth::Count ParticipantHealth::count(int step) const {
  const auto found = participants_.find(step);
  return found == participants_.end() ? Count{} : found->second.count;
}

}  // namespace orderflow::consumers
