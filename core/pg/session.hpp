#pragma once

#include <libpq-fe.h>

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/pg/database_url.hpp"
#include "core/pg/params.hpp"
#include "core/testing/crash_point.hpp"
#include "core/values/failure.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::core {

// The server refused a value (SQLSTATE classes 22 and 23): the only errors that may be blamed on a
// message.
class DataError : public std::runtime_error {
 public:
  DataError(std::string sqlstate, const std::string& message)
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
  [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

// The ownership check failed: another owner was granted the partition, or what we believe of it is
// stale. Drop what is held in memory and be granted again.
class Fenced : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The transaction lost a race against another one (SQLSTATE class 40) and nothing happened.
// Repeating it at once, from its reads on, is right; treating it as any other Unavailable is merely
// slower.
class Conflict : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

// The connection died while a transaction was under way, so nobody knows whether it was committed.
// The truth is in the database: read it again before doing anything.
class CommitUnknown : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

// A lock was not granted within the session's lock_timeout: its holder may have been stopped.
class LockTimeout : public Unavailable {
 public:
  using Unavailable::Unavailable;
};

// One result in binary form. Getters trust the statement's column types; a null read through a
// plain getter yields the type's zero.
class PgResult {
 public:
  explicit PgResult(PGresult* result) : result_(result) {}

  [[nodiscard]] int rows() const { return PQntuples(result_.get()); }
  [[nodiscard]] std::int64_t affected() const;
  [[nodiscard]] bool is_null(int row, int column) const;
  [[nodiscard]] bool boolean(int row, int column) const;
  [[nodiscard]] std::int32_t int4(int row, int column) const;
  [[nodiscard]] std::int64_t int8(int row, int column) const;
  [[nodiscard]] Uuid uuid(int row, int column) const;
  [[nodiscard]] Time time(int row, int column) const;
  [[nodiscard]] std::string_view text(int row, int column) const;  // text, json and bytea
  [[nodiscard]] std::string_view jsonb(int row, int column) const;

  [[nodiscard]] std::optional<Uuid> maybe_uuid(int row, int column) const;
  [[nodiscard]] std::optional<Time> maybe_time(int row, int column) const;

 private:
  friend class PgSession;
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  [[nodiscard]] std::string_view raw(int row, int column) const;

  std::unique_ptr<PGresult, Clear> result_;
};

// A statement with a name unique within the program; prepared on first use in each session. Without
// a name it is parsed and planned each time, for its own parameters: for SQL that is put together
// at run time.
struct PgStatement {
  const char* name;
  const char* sql;
};

struct PgCall {
  const PgStatement* statement;
  PgParams params;
};

struct PgSessionOptions {
  std::string application_name;
  std::string role;  // SET ROLE when it exists and may be taken; empty: stay with the login.
  Duration answer_timeout = std::chrono::seconds{30};
  Duration lock_timeout = std::chrono::seconds{5};
  // Set-based statements join a small array with a large table. A plan made while the table was
  // empty would scan it for ever, so hot sessions plan nested loops over indexes only.
  bool index_only_plans = false;
};

// A connection of its own to PostgreSQL on libpq's pipeline mode: a whole transaction is one round
// trip. Where a statement depends on the answer of an earlier one: core/pg/transaction.hpp; for
// many callers: core/pg/session_pool.hpp.
//
// One thread at a time. Connects lazily, and again after a failure; every call has a deadline.
// Throws DataError, Fenced, Conflict, CommitUnknown, or Unavailable (all else: repeat later).
class PgSession {
 public:
  PgSession(DatabaseUrl url, PgSessionOptions options);
  ~PgSession();
  PgSession(const PgSession&) = delete;
  PgSession& operator=(const PgSession&) = delete;

  // One statement, committed on its own. The point is passed once it is sent, before its answer is
  // read: it may be committed, and nobody here knows.
  PgResult execute(const PgCall& call, CrashPoint unanswered = {});
  PgResult execute(const PgStatement& statement, const PgParams& params = {}) {
    return execute(PgCall{&statement, params});
  }

  // BEGIN, the calls, COMMIT in one round trip. Returns the results of the calls. All or nothing.
  std::vector<PgResult> transaction(std::span<const PgCall> calls, CrashPoint unanswered = {});

  // Several reads in one round trip, without a transaction around them.
  std::vector<PgResult> read(std::span<const PgCall> calls);

  void connect();     // Throws Unavailable.
  void disconnect();  // Safe at any time.
  [[nodiscard]] int backend_pid() const;

 private:
  friend class PgTransaction;
  struct Failure;  // The first error of a pipeline.

  [[nodiscard]] std::string start_up_options() const;
  void take_role();
  void learn_row_types(std::span<const PgCall> calls);
  void prepare(const PgStatement& statement, const PgParams& params);
  void send(const PgStatement& statement, const PgParams& params);
  void sync_and_flush(SteadyTime deadline);
  PgResult next_result(SteadyTime deadline);
  void await_socket(bool writing, SteadyTime deadline);
  std::vector<PgResult> run(std::span<const PgCall> calls, bool in_transaction,
                            CrashPoint unanswered = {});
  void recover(bool in_transaction);
  void consume_to_sync(SteadyTime deadline);
  [[noreturn]] void raise(const PGresult* result);
  [[noreturn]] void lose_connection(const std::string& what);

  DatabaseUrl url_;
  PgSessionOptions options_;
  PGconn* connection_ = nullptr;
  std::unordered_set<std::string_view> prepared_;
  std::unordered_map<std::string_view, std::uint32_t> row_types_;  // Ids by name.
  bool transaction_open_ = false;  // A COMMIT may have reached the server.
  bool in_block_ = false;          // Of a PgTransaction: another connection would not be in it.
};

}  // namespace orderflow::core
