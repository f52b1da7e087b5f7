#include "consumers/sagas/database_polls.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "core/values/shard.hpp"

namespace orderflow::consumers {

using core::Uuid;
using std::chrono::seconds;

namespace {

constexpr core::Duration kRequestInterval = seconds{1};
// The overdue scan takes one part in so many of the time, however many sagas are live; but a pass
// ends soon enough for an order whose messages are lost to move within the promised time.
constexpr int kSagaScanShare = 20;
constexpr core::Duration kSagaPassMax = seconds{6};

// By partition of the topic.
std::vector<core::Duration> start_graces(const Batch& batch) {
  std::vector<core::Duration> graces;
  for (std::int32_t partition = 0; partition < batch.partition_count; ++partition) {
    graces.push_back(start_grace(batch.ages, partition));
  }
  return graces;
}

}  // namespace

DatabasePolls::DatabasePolls(std::size_t row_limit)
    : row_limit_(static_cast<std::int32_t>(row_limit)),
      overdue_(kSagaScanShare, kOverdueInterval, kSagaPassMax) {}

void DatabasePolls::granted(std::vector<std::int32_t> owned_shards, std::int32_t partition_count) {
  shards_ = std::move(owned_shards);
  partition_count_ = partition_count;
  next_request_poll_ = {};
  overdue_.restart();
}

void DatabasePolls::dropped(const std::set<std::int32_t>& partitions) {
  std::erase_if(shards_, [&](std::int32_t shard) {
    return partitions.contains(core::partition_of_shard(shard, partition_count_));
  });
}

void DatabasePolls::read(const Batch& batch, const std::vector<Uuid>& request_ids,
                         std::vector<SagaBatch::Pending>& inputs, core::PgSession& session) {
  const bool poll_requests = batch.include_due && batch.now >= next_request_poll_;
  const bool poll_overdue = batch.include_due && batch.now >= overdue_.next();
  std::vector<core::PgCall> calls;
  if (!request_ids.empty()) calls.push_back(saga::store::load_requests(request_ids));
  if (poll_requests) {
    calls.push_back(saga::store::load_unhandled_requests(shards_, left_out_, row_limit_));
  }
  const std::size_t of_requests = calls.size();
  if (poll_overdue) calls.push_back(overdue_call(batch));
  if (calls.empty()) return;

  const auto began = std::chrono::steady_clock::now();
  const auto results = session.read(calls);
  if (poll_overdue) overdue_.took(core::since(began), batch.now);
  if (poll_requests) next_request_poll_ = batch.now + kRequestInterval;
  std::set<Uuid> known;  // One that a message told of is found by the poll as well.
  for (std::size_t at = 0; at < of_requests; ++at) {
    for (auto& pending : saga::store::read_requests(results[at])) {
      if (!owned(pending.shard, batch) || !known.insert(pending.id).second) continue;
      inputs.push_back({pending.order_id, std::move(pending.input)});
    }
  }
  if (!poll_overdue) return;
  for (const auto& wake_up : saga::store::read_wake_ups(results.back())) {
    inputs.push_back({wake_up.order_id, saga::Wake{}});
  }
}

bool DatabasePolls::owned(std::int32_t shard, const Batch& batch) const {
  return batch.grants.contains(core::partition_of_shard(shard, partition_count_));
}

// Sagas of stuck partitions are left out: their wake-ups wait, and must not fill the page.
core::PgCall DatabasePolls::overdue_call(const Batch& batch) {
  std::vector<std::int32_t> moving;
  std::copy_if(shards_.begin(), shards_.end(), std::back_inserter(moving), [&](std::int32_t shard) {
    return !batch.stuck.contains(core::partition_of_shard(shard, partition_count_));
  });
  return saga::store::load_overdue(overdue_.chunk(moving), start_graces(batch), left_out_,
                                   row_limit_);
}

Time DatabasePolls::next() const { return std::min(next_request_poll_, overdue_.next()); }

}  // namespace orderflow::consumers
