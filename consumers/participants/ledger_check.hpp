#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/observe/log.hpp"
#include "core/observe/metrics.hpp"
#include "core/pg/row.hpp"
#include "core/pg/session.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::consumers {

// Proves again and again that each account's ledger adds up: the sequence has no gap, balance_after
// chains the rows, and the balance is the opening plus the sum. Goes round the accounts in bounded
// chunks, each one statement (so one snapshot), and remembers how far it has verified each account,
// so that a pass costs as much as what was added since the last. Accounts whose end is not reached
// are read on before the next ones are. One thread.
class LedgerCheck {
 public:
  // Limits of one chunk, so that it takes about twenty milliseconds at most, and of what is
  // remembered. Forgotten accounts are verified from their start.
  struct Limits {
    int accounts = 100;
    int rows = 10'000;
    std::size_t remembered = 100'000;
  };

  LedgerCheck(core::PgSession& session, core::Logger& logger, core::Metrics& metrics,
              Limits limits);
  LedgerCheck(core::PgSession& session, core::Logger& logger, core::Metrics& metrics)
      : LedgerCheck(session, logger, metrics, Limits{}) {}

  // Verifies the next chunk. True when it ended a pass. Throws core::Unavailable.
  bool check_chunk();

  // What the accounts found wrong are off by, in minor units; at least one for each of them.
  [[nodiscard]] std::int64_t imbalance() const;

 private:
  struct Verified {
    std::int64_t sequence = 0;
    std::int64_t balance = 0;
  };

  // What the statement says of one account.
  struct Stretch {
    core::Uuid account_id;
    std::int64_t balance = 0;
    std::int64_t ledger_sequence = 0;
    std::int64_t rows = 0;
    std::int64_t breaks = 0;
    std::int64_t last_sequence = 0;
    std::int64_t computed = 0;

    static Stretch read(core::PgRow& row);
  };

  void turn_page();
  [[nodiscard]] std::vector<Stretch> read_chunk(std::int64_t rows_max);
  bool judge(const Stretch& stretch, std::int64_t rows_max);
  void forget_one();

  core::PgSession& session_;
  core::Logger& logger_;
  Limits limits_;
  prometheus::Gauge& imbalance_gauge_;
  prometheus::Counter& rows_counter_;
  core::Uuid cursor_;              // The last account of the present page ...
  core::Uuid before_;              // ... and of the one before.
  std::vector<core::Uuid> chunk_;  // Those of the page whose end is not reached.
  int visits_ = 0;                 // Of the page.
  std::map<core::Uuid, Verified> verified_;
  std::map<core::Uuid, std::int64_t> wrong_;
};

// How long the check rests then. After a start it reads all of the history, beside everybody's
// work, so it takes a twentieth of the time at most.
[[nodiscard]] core::Duration pause_after_chunk(core::Duration took, bool pass_ended);

// Runs a LedgerCheck on a thread of its own from construction to destruction.
class LedgerCheckThread {
 public:
  LedgerCheckThread(const core::DatabaseUrl& database_url, core::Logger& logger,
                    core::Metrics& metrics);

 private:
  void run(const std::stop_token& stop);

  core::PgSession session_;  // The thread's.
  LedgerCheck check_;
  core::Logger& logger_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // Last: ends before what it uses.
};

}  // namespace orderflow::consumers
