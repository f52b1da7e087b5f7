#include "tests/simulation/database.hpp"

#include <algorithm>

namespace orderflow::simulation {

Database::Database(std::int32_t partitions, Defect defect, CommitObserver& observer)
    : defect_(defect),
      observer_(observer),
      partitions_(kRoles, PartitionTable(partitions)),
      events_(static_cast<std::size_t>(partitions)) {
  if (defect == Defect::kForgetBarrier) payments_.forget_barrier();
}

bool Database::fenced(const Transaction& transaction) {
  const bool skipped = defect_ == Defect::kSkipOwnershipCheck ||
                       (defect_ == Defect::kTimersSkipOwnershipCheck && !transaction.has_messages);
  if (!skipped && !partitions(transaction.role).agrees(transaction.advances)) return true;
  return std::any_of(transaction.sagas.begin(), transaction.sagas.end(), [&](const auto& change) {
    const auto& stored = orders_[static_cast<std::size_t>(change.order)];
    return stored.state.version != change.expected_version;
  });
}

Committed Database::commit(const Transaction& transaction) {
  if (fenced(transaction)) return Committed::kFenced;
  if (transaction.payments) {
    const Written written = payments_.write(*transaction.payments);
    if (written == Written::kConflict) return Committed::kConflict;
    if (written == Written::kDuplicate) observer_.duplicate_row(transaction.role);
  }
  if (transaction.deliveries && deliveries_.write(*transaction.deliveries) == Written::kDuplicate) {
    observer_.duplicate_row(transaction.role);
  }
  partitions(transaction.role).advance(transaction.advances);
  observer_.before_sagas(transaction);
  apply_held(transaction);
  apply_sagas(transaction);
  apply_requests(transaction);
  if (transaction.payments) observer_.after_payments(*transaction.payments);
  if (transaction.deliveries) observer_.after_deliveries(*transaction.deliveries);
  observer_.committed(transaction);
  return Committed::kYes;
}

// Before new events: those that are moved come first in the batch.
void Database::apply_held(const Transaction& transaction) {
  for (const auto& stored : transaction.moved) {
    auto& events = events_[static_cast<std::size_t>(stored.partition)];
    std::erase_if(events, [&](const auto& one) {
      return one.order == stored.order && one.event.sequence == stored.event.sequence;
    });
    events.push_back(stored);
  }
  for (const int order : transaction.released) held_.erase(order);
  for (const auto& [order, sequence] : transaction.held) {
    const auto [known, fresh] = held_.emplace(order, sequence);
    known->second = std::min(known->second, sequence);
  }
}

std::vector<StoredEvent> Database::events_held(int order) const {
  std::vector<StoredEvent> held;
  const auto from = held_.find(order);
  if (from == held_.end()) return held;
  const auto partition = orders_[static_cast<std::size_t>(order)].partition;
  for (const auto& stored : events_[static_cast<std::size_t>(partition)]) {
    if (stored.order == order && stored.event.sequence >= from->second) held.push_back(stored);
  }
  std::sort(held.begin(), held.end(),
            [](const auto& a, const auto& b) { return a.event.sequence < b.event.sequence; });
  return held;
}

void Database::apply_sagas(const Transaction& transaction) {
  for (const auto& change : transaction.sagas) {
    orders_[static_cast<std::size_t>(change.order)].state = change.state;
  }
  for (const auto& stored : transaction.events) {
    events_[static_cast<std::size_t>(stored.partition)].push_back(stored);
    histories_[static_cast<std::size_t>(stored.order)].push_back(stored.event.type);
  }
}

void Database::apply_requests(const Transaction& transaction) {
  for (const auto& update : transaction.requests) {
    const auto found = std::find_if(requests_.begin(), requests_.end(),
                                    [&](const auto& row) { return row.request.id == update.id; });
    observer_.request_updated(*found, update);
    if (found->ended()) continue;
    found->handled = true;
    found->state = saga::to_text(update.state);
    found->code = update.code;
    std::erase(unhandled_, static_cast<int>(found - requests_.begin()));
  }
}

int Database::add_order(OrderRow row) {
  orders_.push_back(std::move(row));
  histories_.emplace_back();
  return static_cast<int>(orders_.size()) - 1;
}

int Database::add_request(RequestRow row) {
  request_numbers_.emplace(row.request.id, static_cast<int>(requests_.size()));
  requests_.push_back(std::move(row));
  unhandled_.push_back(static_cast<int>(requests_.size()) - 1);
  return unhandled_.back();
}

std::vector<StoredEvent> Database::events_after(std::int32_t partition,
                                                std::int64_t batch_no) const {
  const auto& events = events_[static_cast<std::size_t>(partition)];
  const auto first =
      std::upper_bound(events.begin(), events.end(), batch_no,
                       [](std::int64_t mark, const auto& one) { return mark < one.batch_no; });
  return {first, events.end()};
}

}  // namespace orderflow::simulation
