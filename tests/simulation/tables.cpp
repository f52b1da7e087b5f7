#include "tests/simulation/tables.hpp"

#include <algorithm>

namespace orderflow::simulation {

using domain::DeliveryRecords;
using domain::PaymentRecords;

PaymentKeys keys_of(const std::vector<const events::PaymentCommand*>& commands) {
  PaymentKeys keys;
  for (const auto* command : commands) {
    std::visit(
        [&](const auto& message) {
          keys.accounts.insert(message.account_id);
          if constexpr (requires { message.payment_id; }) {
            keys.refunds.insert(message.command_id);
            keys.payments.insert(message.payment_id);
          } else {
            keys.payments.insert(message.command_id);
          }
        },
        *command);
  }
  return keys;
}

void PaymentTables::adjust(const Uuid& account, std::int64_t amount) {
  auto& row = accounts_.at(account);
  row.balance += amount;
  row.ledger_sequence += 1;
  ledger_.push_back(
      {account, row.ledger_sequence, domain::LedgerKind::kRefund, Uuid{}, amount, row.balance});
}

PaymentRecords PaymentTables::read(const PaymentKeys& keys) const {
  PaymentRecords records;
  const auto add = [&records](const auto& rows, const std::set<Uuid>& ids) {
    for (const auto& id : ids) {
      if (const auto found = rows.find(id); found != rows.end()) records.add(found->second);
    }
  };
  add(accounts_, keys.accounts);
  if (unique_) {
    add(payments_, keys.payments);
    add(refunds_, keys.refunds);
  }
  return records;
}

Written PaymentTables::write(const PaymentRecords& records) {
  const auto accounts = records.changed_accounts();
  for (const auto& change : accounts) {
    const auto stored = accounts_.find(change.account->id);
    if (stored == accounts_.end() || stored->second.ledger_sequence != change.expected_sequence) {
      return Written::kConflict;
    }
  }
  const auto inserted = records.payments().new_rows();
  const auto refunds = records.refunds().new_rows();
  const bool duplicate =
      std::any_of(inserted.begin(), inserted.end(),
                  [&](const auto* row) { return payments_.contains(row->id); }) ||
      std::any_of(refunds.begin(), refunds.end(),
                  [&](const auto* row) { return refunds_.contains(row->id); });
  if (duplicate && unique_) return Written::kDuplicate;
  for (const auto& change : accounts) {
    auto& row = accounts_.at(change.account->id);
    row.balance = change.account->balance;
    row.ledger_sequence = change.account->ledger_sequence;
  }
  for (const auto* row : inserted) payments_.insert_or_assign(row->id, *row);
  for (const auto* row : records.payments().changed_rows()) {
    auto& stored = payments_.at(row->id);
    stored.status = row->status;
    stored.undone_amount = row->undone_amount;
    stored.refunded_amount = row->refunded_amount;
    stored.undone_at = row->undone_at;
  }
  ledger_.insert(ledger_.end(), records.ledger().begin(), records.ledger().end());
  for (const auto* row : refunds) refunds_.insert_or_assign(row->id, *row);
  return Written::kYes;
}

DeliveryRecords DeliveryTable::read(const std::set<Uuid>& ids) const {
  DeliveryRecords records;
  for (const auto& id : ids) {
    const auto found = rows_.find(id);
    if (found != rows_.end()) records.add(found->second);
  }
  return records;
}

Written DeliveryTable::write(const DeliveryRecords& records) {
  const auto inserted = records.new_rows();
  const bool duplicate = std::any_of(inserted.begin(), inserted.end(),
                                     [&](const auto* row) { return rows_.contains(row->id); });
  if (duplicate) return Written::kDuplicate;
  for (const auto* row : inserted) rows_.insert_or_assign(row->id, *row);
  for (const auto* row : records.changed_rows()) {
    auto& stored = rows_.at(row->id);
    stored.status = row->status;
    stored.undone_at = row->undone_at;
    stored.undo_refused = row->undo_refused;
    stored.live = row->live;
    stored.delivered_at = row->delivered_at;
    stored.report_attempts = row->report_attempts;
    stored.report_acknowledged_at = row->report_acknowledged_at;
    stored.updated_at = row->updated_at;
  }
  return Written::kYes;
}

bool PartitionTable::agrees(const std::vector<Advance>& advances) const {
  return std::all_of(advances.begin(), advances.end(), [this](const Advance& advance) {
    const auto& stored = row(advance.partition);
    return stored.epoch == advance.epoch && stored.next_offset == advance.expected_offset;
  });
}

void PartitionTable::advance(const std::vector<Advance>& advances) {
  for (const Advance& advance : advances) {
    auto& stored = at(advance.partition);
    stored.next_offset = advance.next_offset;
    stored.batch_no = advance.batch_no;
    stored.published_mark = advance.published_mark;
  }
}

}  // namespace orderflow::simulation
