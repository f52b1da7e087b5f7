#include "consumers/sagas/wake_ups.hpp"

#include <algorithm>

#include "consumers/sagas/database_polls.hpp"
#include "core/values/shard.hpp"

namespace orderflow::consumers {

using core::Uuid;

namespace {

constexpr std::int32_t kWakeUpsMax = 200'000;

}  // namespace

WakeUps::WakeUps(std::size_t batch_limit) : batch_limit_(batch_limit), timers_(kWakeUpsMax) {}

void WakeUps::load(const Grants& fresh, const std::vector<std::int32_t>& shards,
                   std::int32_t partition_count, core::PgSession& session) {
  for (const auto& [partition, grant] : fresh) timers_.take(partition, grant.granted_at);
  const auto call = saga::store::load_wake_ups(shards, kWakeUpsMax);
  for (const auto& wake_up : saga::store::read_wake_ups(session.execute(call))) {
    const auto partition = core::partition_of_shard(wake_up.shard, partition_count);
    timers_.set(partition, wake_up.order_id, wake_up.at);
  }
}

void WakeUps::drop(const std::set<std::int32_t>& partitions) {
  for (const auto partition : partitions) timers_.drop(partition);
}

void WakeUps::take_due(const Batch& batch, std::vector<SagaBatch::Pending>& inputs) {
  for (const auto partition : rotation_.order(batch.grants)) {
    if (batch.stuck.contains(partition)) continue;
    for (const auto& id : timers_.due(partition, batch.now, batch_limit_ - taken_.size())) {
      taken_.emplace_back(partition, id);
      inputs.push_back({id, saga::Wake{}});
    }
    if (taken_.size() < batch_limit_) continue;
    rotation_.exhausted_by(partition);
    break;
  }
}

Time WakeUps::held_until(const saga::State& state, std::int32_t partition, const Batch& batch) {
  if (state.waiting_for != saga::WaitingFor::kStart || !state.wake_at) return Time::min();
  return *state.wake_at + start_grace(batch.ages, partition);
}

void WakeUps::set(const SagaBatch::Prepared& prepared, Time decided_at) {
  const auto& state = prepared.saga.state;
  Time due = state.live() ? state.wake_at.value_or(Time::max()) : Time::max();
  // A wake-up that changed nothing must not fire again at once.
  if (prepared.woken && !prepared.changed && due <= decided_at) {
    due = std::max(decided_at + DatabasePolls::kOverdueInterval, prepared.held_until);
  }
  timers_.set(prepared.partition, prepared.saga.facts->order_id.uuid, due);
}

void WakeUps::forget_unknown(SagaBatch& sagas) {
  for (const auto& [partition, id] : taken_) {
    if (sagas.find(id) == nullptr) timers_.set(partition, id, Time::max());
  }
}

}  // namespace orderflow::consumers
