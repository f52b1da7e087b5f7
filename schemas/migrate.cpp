#include "schemas/migrate.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "core/pg/database_check.hpp"
#include "core/pg/settings.hpp"
#include "core/pg/transaction.hpp"
#include "core/values/digest.hpp"
#include "events/ids.hpp"
#include "events/roles.hpp"
#include "schemas/embedded.hpp"
#include "schemas/installation.hpp"
#include "schemas/migration_plan.hpp"
#include "schemas/settings.hpp"

namespace orderflow::schemas {
namespace {

using namespace std::chrono_literals;

// The first eight bytes of the program's name; every migrating process must use the same number.
constexpr core::PgStatement kLock{"migration_lock",
                                  "SELECT pg_advisory_xact_lock(8030591472428805231)"};
constexpr core::PgStatement kRecord{
    "record_migration", "INSERT INTO ops.migrations (number, name, checksum) VALUES ($1, $2, $3)"};
constexpr core::PgStatement kPing{"migration_ping", "SELECT 1"};
constexpr const char* kBookkeeping =
    "CREATE SCHEMA IF NOT EXISTS ops; "
    "CREATE TABLE IF NOT EXISTS ops.migrations ("
    "  number integer PRIMARY KEY,"
    "  name text NOT NULL,"
    "  checksum text NOT NULL,"
    "  applied_at timestamptz NOT NULL DEFAULT clock_timestamp())";
constexpr core::PgStatement kWantPartitions{
    "want_partitions",
    "INSERT INTO ops.settings (name, value) VALUES ('partition_count', $1) ON CONFLICT (name) DO "
    "NOTHING"};
constexpr core::PgStatement kPartitionCount{"partition_count", kPartitionCountSql};

// Every message bears it, so that two installations on one cluster notice each other.
constexpr core::PgStatement kFormerInstallationId{
    "former_installation_id", "SELECT value FROM ops.settings WHERE name = 'installation_id'"};
constexpr core::PgStatement kMakeInstallationId{
    "make_installation_id",
    "INSERT INTO ops.settings (name, value) VALUES ('installation_id', $1),"
    " ('installation_database', ops.database_identity())"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"};

// A migration may rewrite a table, and the others wait for it.
constexpr core::Duration kStatementTimeout = 10min;

void take_lock(core::PgTransaction& transaction) { (void)transaction.execute(kLock); }

void require_fitting_database(const core::Settings& settings) {
  const auto& url = settings.get(core::kDatabaseUrl);
  core::DatabaseCheck check(url, {.application_name = "orderflow/migrate"});
  if (const auto problem = check.problem()) {
    throw core::BadConfiguration(*problem + " (" + url.shown() + ")");
  }
}

void prepare_bookkeeping(core::PgSession& session) {
  core::PgTransaction transaction(session);
  take_lock(transaction);
  session.run_script(kBookkeeping);
  transaction.commit();
}

// Applies the first migration that is left; empty when there is none. What is left is read under
// the lock each time, since another process may have been faster.
std::string apply_next(core::PgSession& session) {
  core::PgTransaction transaction(session);
  take_lock(transaction);
  const auto left = migrations_left(migrations(), read_applied_migrations(session));
  if (left.empty()) return {};
  const auto& next = left.front();
  session.run_script(std::string(next.sql));
  (void)transaction.execute(
      kRecord, core::PgParams().int4(next.number).text(next.name).text(core::sha256_hex(next.sql)));
  transaction.commit();
  return std::string(next.name);
}

// The partition count belongs to the data: rows and offsets are kept per partition. What is wanted
// counts only the first time; afterwards `orderflow repartition` changes it. Returns what it is.
std::int32_t create_partitions(core::PgSession& session, std::int64_t wanted) {
  core::PgTransaction transaction(session);
  take_lock(transaction);
  (void)transaction.execute(kWantPartitions, core::PgParams().text(std::to_string(wanted)));
  const std::int32_t count = transaction.execute(kPartitionCount).int4(0, 0);
  for (const events::Role& owner : events::kOwners) {
    session.run_script("INSERT INTO " + std::string(owner.schema) +
                       ".partitions (partition) SELECT generate_series(0, " +
                       std::to_string(count) + " - 1) ON CONFLICT (partition) DO NOTHING");
  }
  transaction.commit();
  return count;
}

// A copy of another installation's database gets one of its own, so that the two do not take each
// other's messages for theirs.
void give_installation_id(core::PgSession& session, core::Logger& logger) {
  core::PgTransaction transaction(session);
  take_lock(transaction);
  if (!read_installation_id(session).empty()) return;
  const auto former = transaction.execute(kFormerInstallationId);
  const std::string id = events::new_installation_id().to_string();
  (void)transaction.execute(kMakeInstallationId, core::PgParams().text(id));
  transaction.commit();
  if (former.rows() == 0) return;
  logger.warning(
      "the database was copied or moved from another one, and has a new installation id; if the "
      "other one is still in use, give each an ORDERFLOW_TOPIC_PREFIX",
      {{"before", former.text(0, 0)}, {"now", id}});
}

}  // namespace

void await_database(const core::Settings& settings, core::PgSession& session,
                    core::Logger& logger) {
  const auto timeout = settings.get(kDatabaseStartTimeout);
  const auto begin = std::chrono::steady_clock::now();
  const std::string url = settings.get(core::kDatabaseUrl).shown();
  auto pause = 100ms;
  auto next_report = begin + 2s;
  for (;;) {
    std::string problem;
    try {
      (void)session.execute(kPing);
      return;
    } catch (const core::DatabaseRefusal& refusal) {
      problem = std::string(refusal.what()) + " (" + url + ")";
      if (refusal.lasting()) throw core::BadConfiguration(problem);
    } catch (const core::Unavailable& failure) {
      problem = std::string(failure.what()) + " (" + url + ")";
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - begin + pause > timeout) throw core::Unavailable(problem);
    if (now >= next_report) {
      logger.warning("waiting for the database", {{"problem", problem}});
      next_report = now + 5s;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds{1000});
  }
}

int run_migrate(const core::Settings& settings, core::Logger& logger) {
  core::PgSession session(settings.get(core::kDatabaseUrl),
                          {.application_name = "orderflow/migrate",
                           .answer_timeout = kStatementTimeout,
                           .lock_timeout = kStatementTimeout});
  await_database(settings, session, logger);
  require_fitting_database(settings);
  prepare_bookkeeping(session);
  int applied = 0;
  for (std::string name = apply_next(session); !name.empty(); name = apply_next(session)) {
    logger.info("migration applied", {{"migration", name}});
    ++applied;
  }
  give_installation_id(session, logger);
  const auto partitions = create_partitions(session, first_partition_count(settings));
  logger.info(
      "database is up to date",
      {{"migrations", migrations().size()}, {"applied_now", applied}, {"partitions", partitions}});
  return 0;
}

}  // namespace orderflow::schemas
