#include "consumers/participants/delivery_timers.hpp"

#include <algorithm>
#include <utility>

#include "core/values/shard.hpp"
#include "domain/delivery/rows.hpp"

namespace orderflow::consumers {

using core::Uuid;

namespace {

// The scan for overdue rows takes one part in so many of the time, however many rows are live.
constexpr int kDeliveryScanShare = 50;
constexpr auto kDeliveryPassMax = std::chrono::minutes{1};

}  // namespace

DeliveryTimers::DeliveryTimers(Limits limits, domain::DeliveryPolicy policy, core::Metrics& metrics)
    : limits_(limits),
      configured_(policy),
      policy_(policy),
      report_window_(policy.report_backoff_max),
      gauge_(metrics.gauge("delivery_timers", "Deliveries whose carrier or report is awaited.")),
      timers_(limits.timers),
      overdue_(kDeliveryScanShare, limits.overdue_interval, kDeliveryPassMax) {}

void DeliveryTimers::granted(const Grants& fresh, const Grants& all, std::int32_t partition_count,
                             core::PgSession& session) {
  std::set<std::int32_t> partitions;
  for (const auto& [partition, grant] : fresh) partitions.insert(partition);
  dropped(partitions);
  owned_ = partitions;
  for (const auto& [partition, grant] : all) owned_.insert(partition);
  for (const auto& [partition, grant] : fresh) timers_.take(partition, grant.granted_at);
  const auto live =
      domain::read_live(session, shards_of(partitions, partition_count), limits_.timers, policy_);
  for (const auto& row : live) {
    timers_.set(core::partition_of_shard(row.shard, partition_count), row.id, row.due);
  }
  overdue_.restart();
  show_count();
}

void DeliveryTimers::dropped(const std::set<std::int32_t>& partitions) {
  for (const auto partition : partitions) {
    owned_.erase(partition);
    timers_.drop(partition);
  }
  if (owned_.empty()) overdue_.stop();
  show_count();
}

void DeliveryTimers::begin(const Batch& batch) {
  policy_.report_backoff_initial =
      acknowledgements_.timeout(configured_.report_backoff_initial, configured_.report_backoff_max);
  stuck_ = batch.stuck;
}

DeliveryTimers::DueByPartition DeliveryTimers::due(const Batch& batch, core::PgSession& session) {
  read_overdue(batch, session);
  DueByPartition due;
  std::size_t room = std::min(limits_.due, report_window_.room(batch.now));
  if (room == 0) return due;
  for (const auto partition : rotation_.order(owned_)) {
    if (stuck_.contains(partition) || !batch.grants.contains(partition)) continue;
    auto ids = timers_.due(partition, batch.now, room);
    room -= ids.size();
    if (!ids.empty()) due.emplace(partition, std::move(ids));
    if (room > 0) continue;
    rotation_.exhausted_by(partition);
    break;
  }
  return due;
}

void DeliveryTimers::read_overdue(const Batch& batch, core::PgSession& session) {
  if (batch.now < overdue_.next()) return;
  const auto shards = overdue_.chunk(shards_of(owned_, batch.partition_count));
  const auto began = std::chrono::steady_clock::now();
  const auto rows = domain::read_overdue(session, shards, batch.now, limits_.due, policy_);
  for (const auto& row : rows) {
    timers_.set(core::partition_of_shard(row.shard, batch.partition_count), row.id, row.due);
  }
  overdue_.took(core::since(began), batch.now);
}

void DeliveryTimers::set(std::int32_t partition, const Uuid& id, Time due) {
  timers_.set(partition, id, due);
}

Time DeliveryTimers::next() const {
  const Time first = timers_.next_except(stuck_);
  if (first == Time::max()) return overdue_.next();
  return std::min(overdue_.next(), std::max(first + kGather, report_window_.next()));
}

void DeliveryTimers::show_count() { gauge_.Set(static_cast<double>(timers_.size())); }

}  // namespace orderflow::consumers
