#include "consumers/runtime/owner_database.hpp"

#include <utility>

#include "consumers/runtime/owner_identity.hpp"

namespace orderflow::consumers {

using core::CrashPlace;

OwnerDatabase::OwnerDatabase(OwnerDatabaseOptions options, core::CrashSite crash,
                             core::DatabaseClock& clock)
    : options_(std::move(options)),
      crash_(crash),
      clock_(clock),
      owner_(owner_name(options_.role)),
      store_(options_.schema, options_.role),
      session_(options_.url, owner_session_options(options_.role, options_.database_role)) {}

std::vector<Grant> OwnerDatabase::grant(const std::set<std::int32_t>& partitions) {
  crash_.pass(CrashPlace::kBeforeGrant);
  try {
    auto granted = store_.grant(partitions, owner_, session_);
    crash_.pass(CrashPlace::kAfterGrant);
    if (!granted.empty()) clock_.observe(granted.front().granted_at);
    return granted;
  } catch (const core::LockTimeout&) {
    auto login = owner_session_options(options_.role, {});
    login.application_name = "orderflow/grant";
    core::PgSession login_session(options_.url, login);
    store_.end_stopped_owners(partitions, login_session);
    throw;
  }
}

Committed OwnerDatabase::commit(const Transaction& transaction) {
  if (transaction.calls.empty()) return {};
  return advance(transaction, CrashPlace::kBeforeCommit, CrashPlace::kInCommit,
                 CrashPlace::kAfterCommit);
}

Committed OwnerDatabase::commit_marks(const Transaction& transaction) {
  if (transaction.calls.empty()) return {};
  return advance(transaction, CrashPlace::kBeforeMark, CrashPlace::kInMark, CrashPlace::kAfterMark);
}

Committed OwnerDatabase::advance(const Transaction& transaction, CrashPlace before,
                                 CrashPlace unanswered, CrashPlace after) {
  crash_.pass(before);
  const auto results = session_.transaction(transaction.calls, crash_.at(unanswered));
  crash_.pass(after);
  clock_.observe(results.front().time(0, 0));
  return {transaction.advances};
}

}  // namespace orderflow::consumers
