#include "consumers/runtime/transaction.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

namespace orderflow::consumers {
namespace {

Advance advance_from(const Grant& grant, const producers::PublishMarks& marks,
                     std::optional<Time> oldest_ready_at) {
  return {grant.partition,   grant.epoch,
          grant.next_offset, grant.next_offset,
          grant.batch_no,    std::max(grant.published_mark, marks.mark(grant.partition)),
          oldest_ready_at};
}

}  // namespace

std::map<std::int32_t, std::int64_t> next_offsets(Messages messages) {
  std::map<std::int32_t, std::int64_t> offsets;
  for (const auto* message : messages) offsets[message->partition()] = message->offset() + 1;
  return offsets;
}

std::vector<Advance> batch_advances(const Grants& grants,
                                    const std::map<std::int32_t, std::int64_t>& next_offsets,
                                    const std::set<std::int32_t>& touched,
                                    const producers::PublishMarks& marks,
                                    std::optional<Time> oldest_ready_at) {
  std::map<std::int32_t, Advance> advances;
  // Of a partition that is not owned there is no grant: a defect, which ends the process.
  const auto advance_of = [&](std::int32_t partition) -> Advance& {
    const auto [slot, fresh] = advances.try_emplace(partition);
    if (fresh) {
      slot->second = advance_from(grants.at(partition), marks, oldest_ready_at);
      ++slot->second.batch_no;
    }
    return slot->second;
  };
  for (const auto& [partition, offset] : next_offsets) advance_of(partition).next_offset = offset;
  for (const auto partition : touched) advance_of(partition);
  const auto rows = std::views::values(advances);
  return {rows.begin(), rows.end()};
}

std::vector<Advance> mark_advances(const Grants& grants, const producers::PublishMarks& marks,
                                   std::optional<Time> oldest_ready_at) {
  std::vector<Advance> advances;
  for (const auto& [partition, grant] : grants) {
    advances.push_back(advance_from(grant, marks, oldest_ready_at));
  }
  return advances;
}

Transaction make_transaction(const PartitionStore& store, const std::string& topic,
                             std::vector<Advance> advances, TransactionDraft draft) {
  if (advances.empty()) return {};
  Transaction transaction{std::move(advances), {}};
  auto& calls = transaction.calls;
  calls.push_back(store.ownership_check(transaction.advances));
  std::move(draft.calls.begin(), draft.calls.end(), std::back_inserter(calls));
  if (!draft.dead_letters.empty()) calls.push_back(store.dead_letters(topic, draft.dead_letters));
  return transaction;
}

}  // namespace orderflow::consumers
