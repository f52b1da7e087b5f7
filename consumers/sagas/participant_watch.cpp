#include "consumers/sagas/participant_watch.hpp"

#include <algorithm>

#include "saga/order/order_saga.hpp"

namespace orderflow::consumers {

using core::Uuid;

namespace {

bool is_undo_failed(std::string_view reason) {
  return reason.starts_with(saga::attention::kUndoFailed);
}

}  // namespace

ParticipantWatch::ParticipantWatch(Duration probe_interval) : probe_interval_(probe_interval) {}

void ParticipantWatch::found(const std::vector<saga::WaitingSaga>& waiting) {
  for (const auto& one : waiting) {
    const bool asks = one.waiting_for == saga::WaitingFor::kOperator;
    remember(one.order_id, {one.step, asks, is_undo_failed(one.reason)});
    Participant& participant = participants_[one.step];
    if (asks && !participant.down) believe_down(participant, Time{} - probe_interval_);
  }
}

void ParticipantWatch::stands(const Uuid& order_id, const saga::State& state) {
  const bool asks = state.waiting_for == saga::WaitingFor::kOperator;
  if (state.live() && state.attention) {
    remember(order_id, {state.step, asks, is_undo_failed(state.reason)});
  } else {
    forget(order_id);
  }
}

void ParticipantWatch::remember(const Uuid& order_id, const Waiting& waiting) {
  const auto known = waiting_.find(order_id);
  if (known != waiting_.end()) {
    if (known->second.step == waiting.step && known->second.asks == waiting.asks) {
      Count& count = participants_[waiting.step].count;
      if (known->second.undo_failed) --count.undo_failed;
      if (waiting.undo_failed) ++count.undo_failed;
      known->second = waiting;
      return;
    }
    forget(order_id);
  }
  if (waiting_.size() >= kRememberedMax) return;
  waiting_.emplace(order_id, waiting);
  Participant& participant = participants_[waiting.step];
  ++participant.count.attention;
  if (waiting.undo_failed) ++participant.count.undo_failed;
  if (waiting.asks) participant.askers.insert(order_id);
}

void ParticipantWatch::forget(const Uuid& order_id) {
  const auto known = waiting_.find(order_id);
  if (known == waiting_.end()) return;
  Participant& participant = participants_[known->second.step];
  --participant.count.attention;
  if (known->second.undo_failed) --participant.count.undo_failed;
  participant.askers.erase(order_id);
  participant.released.erase(order_id);
  participant.in_wave.erase(order_id);
  waiting_.erase(known);
  if (participant.askers.empty()) {
    // Nobody is left to find out, so the next new saga does.
    participant.down = false;
    participant.next_turn = Time::max();
  } else if (!participant.down && !participant.released.empty() && participant.in_wave.empty()) {
    participant.next_turn = Time{};
  }
}

void ParticipantWatch::observe(const saga::Observation& seen, Time now) {
  using enum saga::ObservationKind;
  if (seen.kind != kStepEnded && seen.kind != kExhausted) return;
  Participant& participant = participants_[saga::kOrderSaga.index_of(seen.step)];
  if (seen.kind == kStepEnded) {
    // Of another attempt nobody can say how long it took: the first ones may have been lost.
    if (seen.attempt == 1) participant.patience.answered(seen.took);
    answered(participant, now);
  } else if (!participant.down && participant.last_answer < now - seen.took / 2) {
    believe_down(participant, now);
  }
}

void ParticipantWatch::believe_down(Participant& participant, Time now) {
  participant.down = true;
  participant.released.clear();
  participant.in_wave.clear();
  participant.next_turn = now + probe_interval_;
}

void ParticipantWatch::answered(Participant& participant, Time now) {
  participant.last_answer = now;
  if (!participant.down) return;
  participant.down = false;
  participant.released = participant.askers;
  participant.next_turn = now;
}

bool ParticipantWatch::down(int step) const {
  const auto found = participants_.find(step);
  return found != participants_.end() && found->second.down;
}

Duration ParticipantWatch::patience(int step, Duration least) const {
  const auto found = participants_.find(step);
  if (found == participants_.end()) return least;
  const Duration most = std::min(least * kPatienceMax, 2 * least + kPatienceBeyond);
  return found->second.patience.within(least, most);
}

std::vector<Uuid> ParticipantWatch::take_turns(Time now, const CanAsk& can_ask) {
  std::vector<Uuid> turns;
  for (auto& [step, participant] : participants_) {
    if (participant.next_turn > now) continue;
    participant.down ? take_one(participant, now, can_ask, turns)
                     : take_wave(participant, now, can_ask, turns);
  }
  return turns;
}

void ParticipantWatch::take_one(Participant& participant, Time now, const CanAsk& can_ask,
                                std::vector<Uuid>& turns) {
  participant.next_turn = now + probe_interval_;
  auto next = participant.askers.upper_bound(participant.last_asker);
  for (std::size_t seen = 0; seen < participant.askers.size(); ++seen, ++next) {
    if (next == participant.askers.end()) next = participant.askers.begin();
    if (!can_ask(*next)) continue;
    participant.last_asker = *next;
    turns.push_back(*next);
    return;
  }
}

void ParticipantWatch::take_wave(Participant& participant, Time now, const CanAsk& can_ask,
                                 std::vector<Uuid>& turns) {
  const bool unanswered =
      !participant.in_wave.empty() && participant.last_answer <= participant.wave_began;
  if (unanswered) {
    believe_down(participant, now);
    return;
  }
  participant.in_wave.clear();
  auto& released = participant.released;
  for (auto next = released.begin();
       next != released.end() && participant.in_wave.size() < kWave;) {
    if (!can_ask(*next)) {
      ++next;
      continue;
    }
    participant.in_wave.insert(*next);
    turns.push_back(*next);
    next = released.erase(next);
  }
  participant.wave_began = now;
  const bool done = participant.in_wave.empty() && released.empty();
  participant.next_turn = done ? Time::max() : now + probe_interval_;
}

Time ParticipantWatch::next_turn() const {
  Time next = Time::max();
  for (const auto& [step, participant] : participants_)
    next = std::min(next, participant.next_turn);
  return next;
}

ParticipantWatch::Count ParticipantWatch::count(int step) const {
  const auto found = participants_.find(step);
  return found == participants_.end() ? Count{} : found->second.count;
}

}  // namespace orderflow::consumers
