#include "consumers/sagas/saga_batch.hpp"

#include <algorithm>
#include <utility>

namespace orderflow::consumers {

using core::Uuid;

void SagaBatch::load(const std::vector<Pending>& inputs, const saga::Sagas& cache,
                     std::int32_t partition_count, core::PgSession& session) {
  std::vector<Uuid> missing;
  for (const Pending& pending : inputs) {
    if (prepared_.contains(pending.order_id)) continue;
    const auto cached = cache.find(pending.order_id);
    if (cached != cache.end()) {
      prepare(cached->second, partition_count);
    } else {
      missing.push_back(pending.order_id);
    }
  }
  if (missing.empty()) return;
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  const auto call = saga::store::load_sagas(missing);
  auto read = saga::store::read_sagas(session.execute(call));
  for (auto& [id, saga] : read.rows) prepare(std::move(saga), partition_count);
  for (const auto& one : read.unreadable) unreadable_.insert_or_assign(one.order_id(), one);
}

void SagaBatch::prepare(saga::Saga saga, std::int32_t partition_count) {
  Prepared prepared;
  prepared.partition = saga.facts->order_id.partition(partition_count);
  prepared.loaded_version = saga.state.version;
  const Uuid order_id = saga.facts->order_id.uuid;
  prepared.saga = std::move(saga);
  prepared_.emplace(order_id, std::move(prepared));
}

SagaBatch::Prepared* SagaBatch::find(const Uuid& order_id) {
  const auto found = prepared_.find(order_id);
  return found == prepared_.end() ? nullptr : &found->second;
}

const saga::UnreadableSaga* SagaBatch::unreadable(const Uuid& order_id) const {
  const auto found = unreadable_.find(order_id);
  return found == unreadable_.end() ? nullptr : &found->second;
}

void SagaBatch::decide(Prepared& prepared, const saga::Input& input, Time now,
                       const saga::Policy& policy) {
  auto decided = saga::decide(prepared.saga.state, *prepared.saga.facts, input, now, policy);
  if (decided.deferred) return;  // Stays unhandled; the next poll brings it again.
  if (decided.state != prepared.saga.state) {
    prepared.saga.state = std::move(decided.state);
    prepared.changed = true;
  }
  prepared.commands.insert(prepared.commands.end(), decided.commands.begin(),
                           decided.commands.end());
  const std::int32_t shard = prepared.saga.facts->order_id.shard;
  for (auto& event : decided.events) {
    events_.push_back({std::move(event), shard, prepared.partition, 0, 0});
  }
  if (!decided.requests.empty()) request_partitions_.insert(prepared.partition);
  for (auto& update : decided.requests) {
    request_updates_.insert_or_assign(update.id, std::move(update));
  }
  observations_.insert(observations_.end(), decided.observations.begin(),
                       decided.observations.end());
}

void SagaBatch::write(const Batch& batch, TransactionDraft& draft) {
  std::vector<saga::ChangedSaga> changed;
  for (auto& [id, prepared] : prepared_) {
    if (!prepared.changed) continue;
    prepared.saga.state.version = prepared.loaded_version + 1;
    changed.push_back({&prepared.saga, prepared.loaded_version});
    draft.touched.insert(prepared.partition);
  }
  if (!changed.empty()) draft.calls.push_back(saga::store::save_sagas(changed, batch.now));

  std::map<std::int32_t, std::int32_t> ordinals;
  for (auto& stored : events_) {
    stored.batch_no = batch.grants.at(stored.partition).batch_no + 1;
    stored.ordinal = ordinals[stored.partition]++;
  }
  if (!events_.empty()) draft.calls.push_back(saga::store::insert_events(events_));

  if (!request_updates_.empty()) {
    std::vector<saga::RequestUpdate> updates;
    for (const auto& [id, update] : request_updates_) updates.push_back(update);
    draft.calls.push_back(saga::store::update_requests(updates, batch.now));
    // A refusal changes no saga, yet must be written by the owner only.
    draft.touched.insert(request_partitions_.begin(), request_partitions_.end());
  }
}

void SagaBatch::clear() {
  prepared_.clear();
  unreadable_.clear();
  events_.clear();
  request_updates_.clear();
  request_partitions_.clear();
  observations_.clear();
}

}  // namespace orderflow::consumers
