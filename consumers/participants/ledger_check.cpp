#include "consumers/participants/ledger_check.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace orderflow::consumers {
namespace {

constexpr auto kPauseBetweenChunks = std::chrono::milliseconds{200};
constexpr core::Duration kStatementTimeout = std::chrono::seconds{5};
constexpr int kShareOfTime = 20;
constexpr auto kPauseBetweenPasses = std::chrono::seconds{2};
constexpr auto kPauseAfterFailure = std::chrono::seconds{5};
// Of one page of accounts in a pass, lest an account that grows faster than it is read hides the
// others.
constexpr int kVisitsMax = 1000;

// $1 accounts, $2 and $3 the sequence and balance up to which each is verified (null: not at all),
// $4 the most rows to read of each. `breaks` counts rows that do not follow from the one
// before.
constexpr core::PgStatement kReadStretches{"ledger_check", R"(
SELECT a.id, a.balance, a.ledger_sequence, l.rows, l.breaks,
       coalesce(l.last_sequence, k.sequence, 0) AS last_sequence,
       (coalesce(k.balance, a.opening) + l.total)::int8 AS computed
FROM unnest($1::uuid[], $2::int8[], $3::int8[]) AS k(id, sequence, balance)
JOIN payments.accounts a ON a.id = k.id
CROSS JOIN LATERAL (
  SELECT count(*) AS rows, coalesce(sum(amount), 0)::int8 AS total, max(sequence) AS last_sequence,
         count(*) FILTER (WHERE sequence <> before + 1 OR balance_after <> balance_before + amount)
           AS breaks
  FROM (
    SELECT sequence, amount, balance_after,
           lag(sequence, 1, coalesce(k.sequence, 0)) OVER (ORDER BY sequence) AS before,
           lag(balance_after, 1, coalesce(k.balance, a.opening)) OVER (ORDER BY sequence)
             AS balance_before
    FROM (SELECT * FROM payments.ledger WHERE account_id = a.id
          AND sequence > coalesce(k.sequence, 0) ORDER BY sequence LIMIT $4) AS stretch
  ) AS chained
) AS l)"};

constexpr core::PgStatement kReadAccounts{
    "ledger_accounts", "SELECT id FROM payments.accounts WHERE id > $1 ORDER BY id LIMIT $2"};

}  // namespace

LedgerCheck::LedgerCheck(core::PgSession& session, core::Logger& logger, core::Metrics& metrics,
                         Limits limits)
    : session_(session),
      logger_(logger),
      limits_(limits),
      imbalance_gauge_(metrics.gauge("ledger_imbalance_minor_units",
                                     "What accounts and their ledgers differ by; 0 when sound.")),
      rows_counter_(
          metrics.counter("ledger_rows_verified_total", "Ledger rows the check has read.")) {}

LedgerCheck::Stretch LedgerCheck::Stretch::read(core::PgRow& row) {
  return {row.take<core::Uuid>(),   row.take<std::int64_t>(), row.take<std::int64_t>(),
          row.take<std::int64_t>(), row.take<std::int64_t>(), row.take<std::int64_t>(),
          row.take<std::int64_t>()};
}

bool LedgerCheck::check_chunk() {
  if (chunk_.empty()) turn_page();
  std::vector<core::Uuid> unfinished;
  if (!chunk_.empty()) {
    const auto rows_max = std::max<std::int64_t>(1, limits_.rows / std::ssize(chunk_));
    for (const Stretch& stretch : read_chunk(rows_max)) {
      if (!judge(stretch, rows_max)) unfinished.push_back(stretch.account_id);
    }
    imbalance_gauge_.Set(static_cast<double>(imbalance()));
  }
  chunk_ = std::move(unfinished);
  if (++visits_ >= kVisitsMax) chunk_.clear();
  return chunk_.empty() && cursor_.is_nil();
}

std::vector<LedgerCheck::Stretch> LedgerCheck::read_chunk(std::int64_t rows_max) {
  core::PgArray accounts(core::PgType::kUuid), sequences(core::PgType::kInt8),
      balances(core::PgType::kInt8);
  for (const auto& id : chunk_) {
    accounts.add(id);
    const auto known = verified_.find(id);
    if (known == verified_.end()) {
      sequences.add_null();
      balances.add_null();
    } else {
      sequences.add(known->second.sequence);
      balances.add(known->second.balance);
    }
  }
  core::PgParams params;
  params.array(accounts).array(sequences).array(balances).int8(rows_max);
  return core::rows_of<Stretch>(session_.execute(kReadStretches, params));
}

void LedgerCheck::turn_page() {
  core::PgParams params;
  params.uuid(cursor_).int8(limits_.accounts);
  const auto ids = session_.execute(kReadAccounts, params);
  visits_ = 0;
  before_ = cursor_;
  for (int i = 0; i < ids.rows(); ++i) chunk_.push_back(ids.uuid(i, 0));
  const bool last = ids.rows() < limits_.accounts;
  cursor_ = last ? core::Uuid{} : chunk_.back();
}

// False: there are more rows of this account.
bool LedgerCheck::judge(const Stretch& stretch, std::int64_t rows_max) {
  const core::Uuid& id = stretch.account_id;
  rows_counter_.Increment(static_cast<double>(stretch.rows));
  // More rows than one statement reads: the balance is compared once the end is reached.
  const bool at_end = stretch.rows < rows_max;
  std::int64_t off = at_end ? std::abs(stretch.balance - stretch.computed) : 0;
  const bool broken =
      stretch.breaks > 0 || (at_end && stretch.last_sequence != stretch.ledger_sequence);
  if (broken) off = std::max<std::int64_t>(off, 1);
  if (off == 0) {
    // An account that was wrong stays named until it verifies from its start to its end.
    if (at_end) wrong_.erase(id);
    if (verified_.size() >= limits_.remembered && !verified_.contains(id)) forget_one();
    verified_[id] = {stretch.last_sequence, stretch.computed};
    return at_end;
  }
  verified_.erase(id);  // All of it is read again, until it is mended.
  if (!wrong_.contains(id)) {
    logger_.error("the ledger does not add up", {{"account_id", id.to_string()},
                                                 {"off_by", off},
                                                 {"ledger_sequence", stretch.last_sequence}});
  }
  wrong_[id] = off;
  return true;  // Known to be wrong, so what follows need not be waited for.
}

// The one that is checked last: accounts are visited in the order of their ids.
void LedgerCheck::forget_one() {
  auto next = verified_.upper_bound(before_);
  if (next == verified_.begin()) next = verified_.end();
  verified_.erase(std::prev(next));
}

std::int64_t LedgerCheck::imbalance() const {
  std::int64_t sum = 0;
  for (const auto& [id, off] : wrong_) sum += off;
  return sum;
}

core::Duration pause_after_chunk(core::Duration took, bool pass_ended) {
  const core::Duration usual = pass_ended ? kPauseBetweenPasses : kPauseBetweenChunks;
  return std::max(usual, (kShareOfTime - 1) * took);
}

LedgerCheckThread::LedgerCheckThread(const core::DatabaseUrl& database_url, core::Logger& logger,
                                     core::Metrics& metrics)
    : session_(database_url, {.application_name = "orderflow/ledger-check",
                              .role = "orderflow_payments",
                              .answer_timeout = kStatementTimeout}),
      check_(session_, logger, metrics),
      logger_(logger),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void LedgerCheckThread::run(const std::stop_token& stop) {
  bool failing = false;
  while (!stop.stop_requested()) {
    core::Duration pause = kPauseAfterFailure;
    try {
      const auto began = std::chrono::steady_clock::now();
      const bool ended = check_.check_chunk();
      pause = pause_after_chunk(core::since(began), ended);
      failing = false;
    } catch (const std::exception& failure) {
      // The loop beside it reports a dead database too; the check only goes on when it is back.
      if (!failing) logger_.warning("the ledger check waits", {{"reason", failure.what()}});
      failing = true;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, pause, [] { return false; });
  }
}

}  // namespace orderflow::consumers
