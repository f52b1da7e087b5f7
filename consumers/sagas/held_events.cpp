#include "consumers/sagas/held_events.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/values/failure.hpp"
#include "core/values/shard_key.hpp"

namespace orderflow::consumers {

using core::Uuid;

namespace {

constexpr core::Duration kRoundInterval = std::chrono::seconds{1};
constexpr const char* kComponent = "orchestrator held events";

}  // namespace

HeldEvents::HeldEvents(core::Metrics& metrics, core::Health& health)
    : gauge_(metrics.gauge("held_orders", "Orders with events that Kafka refuses.")),
      health_(health) {
  show();
}

// An owner that holds some is ready: it goes on with all other orders.
void HeldEvents::show() {
  gauge_.Set(static_cast<double>(held_.size()));
  std::string detail;
  if (!held_.empty()) {
    detail = "orders whose events are held: " + std::to_string(held_.size()) + "; " + last_reason_ +
             "; see `orderflow held-events list`";
  }
  health_.set(kComponent, true, detail);
}

void HeldEvents::insert(const Uuid& order_id, std::int32_t partition, const std::string& reason) {
  erase(order_id);
  held_[order_id] = {partition, next_turn_};
  turns_.emplace(next_turn_++, order_id);
  last_reason_ = reason;
}

void HeldEvents::erase(const Uuid& order_id) {
  const auto found = held_.find(order_id);
  if (found == held_.end()) return;
  turns_.erase({found->second.turn, order_id});
  held_.erase(found);
}

void HeldEvents::load(const std::vector<std::int32_t>& shards, std::int32_t partition_count,
                      core::PgSession& session) {
  const auto call = saga::store::load_held(shards, static_cast<std::int32_t>(kHeldMax) + 1);
  const auto found = saga::store::read_held(session.execute(call));
  if (held_.size() + found.size() > kHeldMax) {
    throw core::Unavailable("Kafka refuses the events of too many orders (orders.held_events): " +
                            found.front().reason);
  }
  for (const auto& order : found) {
    insert(order.order_id, core::partition_of_shard(order.shard, partition_count), order.reason);
  }
  show();
}

void HeldEvents::drop(const std::set<std::int32_t>& partitions) {
  std::vector<Uuid> lost;
  for (const auto& [id, held] : held_) {
    if (partitions.contains(held.partition)) lost.push_back(id);
  }
  for (const Uuid& id : lost) erase(id);
  show();
}

void HeldEvents::hold(const Batch& batch, const std::vector<producers::Refused>& refused,
                      TransactionDraft& draft) {
  std::vector<saga::HeldOrder> rows;
  for (const auto& event : refused) {
    const auto id = Uuid::parse(event.subject);
    if (event.sequence == 0 || !id || !batch.grants.contains(event.owner_partition)) continue;
    const core::ShardKey order(*id);
    rows.push_back({*id, order.shard, event.sequence, event.why.text()});
    to_hold_.push_back({*id, event.owner_partition, event.why.text()});
    draft.touched.insert(event.owner_partition);
  }
  if (held_.size() + rows.size() > kHeldMax) {
    throw core::Unavailable("Kafka refuses the events of too many orders: " + rows.front().reason);
  }
  drafted_at_ = batch.now;
  if (!rows.empty()) draft.calls.push_back(saga::store::insert_held(rows));
}

std::vector<HeldEvents::Order> HeldEvents::next_in_turn(const Batch& batch) const {
  std::vector<Order> orders;
  for (const auto& [turn, id] : turns_) {
    if (orders.size() >= window_) break;
    const auto partition = held_.at(id).partition;
    if (!batch.stuck.contains(partition)) orders.push_back({id, partition});
  }
  return orders;
}

// The table is asked and not memory whether those that an operator names are held.
std::vector<HeldEvents::Order> HeldEvents::to_publish(const Batch& batch) {
  std::vector<Order> orders;
  if (batch.include_due && batch.now >= next()) {
    orders = next_in_turn(batch);
    if (orders.empty()) next_round_ = batch.now + kRoundInterval;
  }
  for (const Order& order : orders) expedited_.erase(order.id);
  for (const Uuid& id : expedited_) {
    const auto partition = core::ShardKey(id).partition(batch.partition_count);
    if (batch.grants.contains(partition)) orders.push_back({id, partition});
  }
  return orders;
}

void HeldEvents::release(const Batch& batch, core::PgSession& session, TransactionDraft& draft) {
  const auto orders = to_publish(batch);
  if (orders.empty()) return;
  drafted_at_ = batch.now;
  std::unordered_map<Uuid, std::int32_t> partitions;
  for (const auto& [id, partition] : orders) {
    partitions.emplace(id, partition);
    to_release_.push_back(id);
    draft.touched.insert(partition);
  }
  released_ = saga::store::read_events(session.execute(saga::store::load_held_events(to_release_)));
  // Before the events that this batch adds, whose ordinals begin at 0.
  std::map<std::int32_t, std::int32_t> ordinals;
  for (auto stored = released_.rbegin(); stored != released_.rend(); ++stored) {
    stored->partition = partitions.at(stored->event.order_id);
    stored->batch_no = batch.grants.at(stored->partition).batch_no + 1;
    stored->ordinal = --ordinals[stored->partition];
  }
  draft.calls.push_back(saga::store::move_events(released_));
  draft.calls.push_back(saga::store::delete_held(to_release_));
}

Time HeldEvents::next() const { return held_.empty() ? Time::max() : next_round_; }

std::vector<saga::StoredEvent> HeldEvents::committed() {
  for (const auto& [id, partition, reason] : to_hold_) insert(id, partition, reason);
  if (!to_hold_.empty()) {
    window_ = 1;
    next_round_ = drafted_at_ + kRetryInterval;
  }
  for (const Uuid& id : to_release_) erase(id);
  if (!to_release_.empty()) {
    window_ = std::min(2 * window_, kReleasedMax);
    next_round_ = drafted_at_ + kRoundInterval;
  }
  if (!to_hold_.empty() || !to_release_.empty()) show();
  auto released = std::exchange(released_, {});
  discarded();
  return released;
}

void HeldEvents::discarded() {
  to_hold_.clear();
  to_release_.clear();
  released_.clear();
  expedited_.clear();
}

}  // namespace orderflow::consumers
