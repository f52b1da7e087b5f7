#include "consumers/participants/ledger_check.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>

namespace orderflow::consumers {
namespace {

constexpr const char* kFirstAccount = "00000000-0000-0000-0000-000000000000";
constexpr auto kPauseBetweenChunks = std::chrono::milliseconds{200};
constexpr int kShareOfTime = 20;
constexpr auto kPauseBetweenRounds = std::chrono::seconds{2};
constexpr auto kPauseAfterFailure = std::chrono::seconds{5};
// Then the others have their turn, lest an account that grows faster hides them.
constexpr int kVisitsMax = 1000;

// $1 accounts, $2 and $3 the sequence and balance up to which each is verified (null: not at all),
// $4 the most rows to look at for each. `breaks` counts rows that do not follow from the one
// before.
constexpr const char* kCheck = R"(
SELECT a.id, a.balance, a.ledger_sequence, l.rows, l.breaks,
       coalesce(l.last_sequence, k.sequence, 0) AS last_sequence,
       coalesce(k.balance, a.opening) + l.total AS computed
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
) AS l)";

void append(std::string& array, const std::string& value) {
  array += array.empty() ? "{" : ",";
  array += value;
}

}  // namespace

LedgerCheck::LedgerCheck(core::DatabasePool& pool, core::Logger& logger, core::Metrics& metrics,
                         Limits limits)
    : pool_(pool),
      logger_(logger),
      limits_(limits),
      imbalance_gauge_(metrics.gauge("ledger_imbalance_minor_units",
                                     "What accounts and their ledgers differ by; 0 when sound.")),
      rows_counter_(
          metrics.counter("ledger_rows_verified_total", "Ledger rows the check has looked at.")),
      cursor_(kFirstAccount) {}

bool LedgerCheck::check_chunk() {
  if (chunk_.empty()) turn_page();
  std::string accounts;
  std::string sequences;
  std::string balances;
  for (const auto& id : chunk_) {
    const auto known = verified_.find(id);
    const bool fresh = known == verified_.end();
    append(accounts, id);
    append(sequences, fresh ? "NULL" : std::to_string(known->second.sequence));
    append(balances, fresh ? "NULL" : std::to_string(known->second.balance));
  }
  std::vector<std::string> unfinished;
  if (!chunk_.empty()) {
    const int rows_max = std::max(1, limits_.rows / static_cast<int>(chunk_.size()));
    const auto rows = pool_.read([&](pqxx::nontransaction& database) {
      return database.exec_params(kCheck, accounts + "}", sequences + "}", balances + "}",
                                  rows_max);
    });
    for (const auto& row : rows) {
      if (!judge(row, rows_max)) unfinished.push_back(row["id"].as<std::string>());
    }
    imbalance_gauge_.Set(static_cast<double>(imbalance()));
  }
  chunk_ = std::move(unfinished);
  if (++visits_ >= kVisitsMax) chunk_.clear();
  return chunk_.empty() && cursor_ == kFirstAccount;
}

void LedgerCheck::turn_page() {
  const auto ids = pool_.read([&](pqxx::nontransaction& database) {
    return database.exec_params(
        "SELECT id FROM payments.accounts WHERE id > $1::uuid ORDER BY id LIMIT $2", cursor_,
        limits_.accounts);
  });
  visits_ = 0;
  before_ = cursor_;
  for (const auto& row : ids) chunk_.push_back(row[0].as<std::string>());
  const bool last = std::ssize(ids) < limits_.accounts;
  cursor_ = last ? kFirstAccount : chunk_.back();
}

// False: there are more rows of this account.
bool LedgerCheck::judge(const pqxx::row& row, int rows_max) {
  const auto id = row["id"].as<std::string>();
  const auto last = row["last_sequence"].as<std::int64_t>();
  const auto computed = row["computed"].as<std::int64_t>();
  const auto count = row["rows"].as<std::int64_t>();
  rows_counter_.Increment(static_cast<double>(count));
  // More rows than one look takes: the balance is compared once the end is reached.
  const bool at_end = count < rows_max;
  std::int64_t off = at_end ? std::abs(row["balance"].as<std::int64_t>() - computed) : 0;
  const bool broken = row["breaks"].as<std::int64_t>() > 0 ||
                      (at_end && last != row["ledger_sequence"].as<std::int64_t>());
  if (broken) off = std::max<std::int64_t>(off, 1);
  if (off == 0) {
    // An account that was wrong stays named until it verifies from its start to its end.
    if (at_end) wrong_.erase(id);
    if (verified_.size() >= limits_.remembered && !verified_.contains(id)) forget_one();
    verified_[id] = {last, computed};
    return at_end;
  }
  verified_.erase(id);  // Look at all of it again, until it is mended.
  if (!wrong_.contains(id)) {
    logger_.error("the ledger does not add up",
                  {{"account_id", id}, {"off_by", off}, {"ledger_sequence", last}});
  }
  wrong_[id] = off;
  return true;  // Known to be wrong, so what follows need not be waited for.
}

// The one whose turn comes last: accounts are visited in the order of their ids.
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

core::Duration pause_after_chunk(core::Duration took, bool round_ended) {
  const core::Duration usual = round_ended ? kPauseBetweenRounds : kPauseBetweenChunks;
  return std::max(usual, (kShareOfTime - 1) * took);
}

LedgerCheckThread::LedgerCheckThread(core::DatabasePool& pool, core::Logger& logger,
                                     core::Metrics& metrics)
    : check_(pool, logger, metrics),
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
