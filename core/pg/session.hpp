#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/pg/connection.hpp"
#include "core/pg/database_url.hpp"
#include "core/pg/failures.hpp"
#include "core/pg/params.hpp"
#include "core/pg/socket.hpp"
#include "core/testing/crash_point.hpp"
#include "core/values/time.hpp"
#include "core/values/uuid.hpp"

namespace orderflow::core {

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

// A connection of its own to PostgreSQL on libpq's pipeline mode: a whole transaction is one round
// trip. Where a statement depends on the answer of an earlier one: core/pg/transaction.hpp; for
// many callers: core/pg/session_pool.hpp.
//
// One thread at a time. Connects lazily, and again after a failure that may be the connection's or
// the session's fault (session_may_be_to_blame); every exchange has a deadline, whatever the server
// does. Throws what core/pg/failures.hpp lists: DataError, Fenced, Conflict,
// CommitUnknown, or Unavailable (all else: repeat later).
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

  // Statements without parameters by the simple protocol, such as a file of them: in a transaction
  // of their own, or in the PgTransaction that has begun.
  void run_script(const std::string& sql);

  void connect();     // Throws Unavailable.
  void disconnect();  // Safe at any time.
  [[nodiscard]] int backend_pid() const;
  // How many connections broke so far.
  [[nodiscard]] std::uint64_t losses() const { return losses_; }

 private:
  friend class PgTransaction;
  struct Failure;  // The first error of a pipeline.

  void learn_row_types(std::span<const PgCall> calls);
  void prepare(const PgStatement& statement, const PgParams& params);
  void send(const PgStatement& statement, const PgParams& params);
  void sync_and_flush(SteadyTime deadline);
  PgResult next_result(SteadyTime deadline);
  void await(SocketWait wait, SteadyTime deadline);
  std::vector<PgResult> run(std::span<const PgCall> calls, bool in_transaction,
                            CrashPoint unanswered = {});
  void roll_back();
  void consume_to_sync(SteadyTime deadline);
  [[noreturn]] void raise(const PgError& error);
  [[noreturn]] void lose_connection(const std::string& what);

  DatabaseUrl url_;
  PgSessionOptions options_;
  PgConnection connection_;
  std::unordered_set<std::string_view> prepared_;
  std::unordered_map<std::string_view, std::uint32_t> row_types_;  // Ids by name.
  std::uint64_t losses_ = 0;
  bool transaction_open_ = false;  // A COMMIT may have reached the server.
  bool in_block_ = false;          // Of a PgTransaction: another connection would not be in it.
};

}  // namespace orderflow::core
