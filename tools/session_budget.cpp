#include "tools/session_budget.hpp"

#include <algorithm>

#include "core/pg/session.hpp"
#include "core/pg/settings.hpp"
#include "core/values/failure.hpp"
#include "events/roles.hpp"
#include "http-api/settings.hpp"
#include "tools/settings.hpp"

namespace orderflow::tools {
namespace {

// tests/saga/readiness_test.cpp counts the sessions of an installation under load against these.
constexpr std::size_t kOfEveryRole = 2;  // Readiness, topics.
constexpr std::size_t kPoolsOfTheApi = 10;
constexpr std::size_t kForReferences = 4;        // What taking orders looks up: users and products.
constexpr std::size_t kForReplays = 3;           // What waits for Kafka, for each owner.
constexpr std::size_t kSingleOnesOfTheApi = 13;  // Five of them look up idempotency keys.
constexpr std::size_t kOfAnOwner = 1;
constexpr std::size_t kOfTheLedgerCheck = 1;  // In the process of payments.
constexpr std::size_t kSpare = 10;

// What the server's set-up leaves to this login and this database.
constexpr core::PgStatement kSessionsLetIn{"sessions_let_in", R"(
SELECT least(
  current_setting('max_connections')::int8
    - CASE WHEN u.rolsuper THEN 0
      ELSE current_setting('superuser_reserved_connections')::int8
        + coalesce(current_setting('reserved_connections', true), '0')::int8 END,
  nullif(u.rolconnlimit, -1)::int8, nullif(d.datconnlimit, -1)::int8)
FROM pg_roles u, pg_database d
WHERE u.rolname = session_user AND d.datname = current_database())"};

std::size_t sessions_of_owners(std::size_t processes) {
  return processes * (events::kOwners.size() * (kOfEveryRole + kOfAnOwner) + kOfTheLedgerCheck);
}

}  // namespace

SessionBudget session_budget(const core::Settings& settings) {
  return {kOfEveryRole + kPoolsOfTheApi * settings.get(http_api::kDbPool) + kForReferences +
              kForReplays + kSingleOnesOfTheApi,
          sessions_of_owners(static_cast<std::size_t>(settings.get(kProcesses))), kSpare};
}

std::size_t processes_that_fit(const core::Settings& settings, std::size_t sessions) {
  SessionBudget budget = session_budget(settings);
  budget.owners = 0;
  if (sessions < budget.total()) return 0;
  return (sessions - budget.total()) / sessions_of_owners(1);
}

std::string shown(const SessionBudget& budget) {
  return "PostgreSQL sessions at most: " + std::to_string(budget.total()) + " (API " +
         std::to_string(budget.api) + ", owners " + std::to_string(budget.owners) + ", spare " +
         std::to_string(budget.spare) + ")";
}

void require_sessions(const core::Settings& settings) {
  core::PgSession session(settings.get(core::kDatabaseUrl),
                          {.application_name = "orderflow/migrate"});
  const auto let_in = static_cast<std::size_t>(
      std::max<std::int64_t>(session.execute(kSessionsLetIn).int8(0, 0), 0));
  const SessionBudget budget = session_budget(settings);
  if (budget.total() <= let_in) return;
  const std::size_t fitting = processes_that_fit(settings, let_in);
  throw core::BadConfiguration(
      "PostgreSQL lets " + std::to_string(let_in) + " sessions in, this installation takes up to " +
      std::to_string(budget.total()) + "; raise max_connections (or the limit of its user or " +
      "database), or lower " +
      (fitting > 0 ? "ORDERFLOW_PROCESSES to " + std::to_string(fitting)
                   : std::string("ORDERFLOW_DB_POOL")));
}

}  // namespace orderflow::tools
