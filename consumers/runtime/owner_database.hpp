#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "consumers/runtime/grant.hpp"
#include "consumers/runtime/lock_holder.hpp"
#include "consumers/runtime/partition_store.hpp"
#include "consumers/runtime/transaction.hpp"
#include "core/pg/clock.hpp"
#include "core/pg/database_url.hpp"
#include "core/pg/session.hpp"
#include "core/testing/crash_point.hpp"

namespace orderflow::consumers {

struct OwnerDatabaseOptions {
  core::DatabaseUrl url;
  std::string role;           // Names the owner, the session, and the source of dead letters.
  std::string schema;         // Whose `partitions` table holds the grants.
  std::string database_role;  // SET ROLE
  std::string topic;          // Where its dead letters come from.
};

// An owner's session with its database: grants, and the transactions that are checked against them.
// Sets the clock by what the server says. One thread, the owner loop's. Throws Fenced, Conflict,
// DataError, Unavailable: nothing happened; or CommitUnknown: nobody knows.
class OwnerDatabase {
 public:
  OwnerDatabase(OwnerDatabaseOptions options, core::CrashSite crash, core::DatabaseClock& clock);

  [[nodiscard]] Time now() const { return clock_.now(); }
  [[nodiscard]] PartitionStore::Layout layout() { return store_.layout(session_); }

  // Grants the partitions to this process. When a stopped owner holds one of their rows, its
  // session is ended and core::LockTimeout thrown: the next attempt will succeed.
  [[nodiscard]] std::vector<Grant> grant(const std::set<std::int32_t>& partitions);
  // Those of `grants` that the database no longer agrees with.
  [[nodiscard]] std::set<std::int32_t> stale(const Grants& grants) {
    return store_.stale(grants, session_);
  }

  // The ownership check of the advances, then what the draft wants. Empty when nothing advances.
  [[nodiscard]] Transaction transaction(std::vector<Advance> advances,
                                        TransactionDraft draft) const {
    return make_transaction(store_, options_.topic, std::move(advances), std::move(draft));
  }
  // Nothing happens when the transaction is empty.
  [[nodiscard]] Committed commit(const Transaction& transaction);
  // A transaction that stores marks only; it has crash points of its own.
  [[nodiscard]] Committed commit_marks(const Transaction& transaction);

  [[nodiscard]] std::int64_t open_dead_letters() { return store_.open_dead_letters(session_); }

  // Who is in the way after a core::LockTimeout; for a person.
  [[nodiscard]] std::string lock_holder() { return consumers::lock_holder(session_); }

  [[nodiscard]] const std::string& owner() const { return owner_; }
  [[nodiscard]] const std::string& topic() const { return options_.topic; }
  [[nodiscard]] core::PgSession& session() { return session_; }  // For a handler's reads.

 private:
  Committed advance(const Transaction& transaction, core::CrashPlace before,
                    core::CrashPlace unanswered, core::CrashPlace after);

  OwnerDatabaseOptions options_;
  core::CrashSite crash_;
  core::DatabaseClock& clock_;
  std::string owner_;
  PartitionStore store_;
  core::PgSession session_;
};

}  // namespace orderflow::consumers
