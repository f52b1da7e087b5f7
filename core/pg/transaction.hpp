#pragma once

#include "core/pg/session.hpp"

namespace orderflow::core {

// A transaction whose later statements depend on the answers of earlier ones: each of them is a
// round trip. What is known beforehand goes in one (PgSession::transaction). Rolled back unless
// committed; a connection that breaks ends it, and nothing of it happened.
//
// One thread, the session's; one transaction of a session at a time.
class PgTransaction {
 public:
  // Begins. Throws Unavailable.
  explicit PgTransaction(PgSession& session);
  ~PgTransaction();
  PgTransaction(const PgTransaction&) = delete;
  PgTransaction& operator=(const PgTransaction&) = delete;

  // Throws what PgSession::execute throws. After a failure only the roll-back is left.
  PgResult execute(const PgStatement& statement, const PgParams& params = {});

  // The point is passed once the COMMIT is sent, before its answer is read. Throws CommitUnknown
  // when the connection breaks in between.
  void commit(CrashPoint unanswered = {});

 private:
  PgSession& session_;
};

}  // namespace orderflow::core
