#include "schemas/migrate.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>

#include "core/pg/settings.hpp"
#include "core/values/digest.hpp"
#include "core/values/uuid.hpp"
#include "events/roles.hpp"
#include "schemas/embedded.hpp"
#include "schemas/installation.hpp"
#include "schemas/migration_plan.hpp"
#include "schemas/settings.hpp"

namespace orderflow::schemas {
namespace {

using namespace std::chrono_literals;

// The first eight bytes of the program's name; every migrating process must use the same number.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(8030591472428805231)";
// A migration may rewrite a table, and the others wait for it.
constexpr core::Duration kStatementTimeout = 10min;

// Errors of the server's own that no waiting mends; the remedy goes behind the server's words.
const char* lasting_problem(std::string_view message) {
  if (message.find("authentication failed") != std::string_view::npos) {
    return "check the user and password in DATABASE_URL";
  }
  if (message.find("database \"") != std::string_view::npos &&
      message.find("does not exist") != std::string_view::npos) {
    return "create it with createdb, or correct DATABASE_URL";
  }
  if (message.find("role \"") != std::string_view::npos &&
      message.find("does not exist") != std::string_view::npos) {
    return "create it with createuser, or correct DATABASE_URL";
  }
  return nullptr;
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

// Why the database does not answer; empty when it does.
std::string problem_of(core::DatabasePool& database) {
  try {
    database.read([](pqxx::nontransaction& transaction) { transaction.exec("SELECT 1"); });
    return {};
  } catch (const core::Unavailable& error) {
    return first_line(error.what());
  }
}

void take_lock(pqxx::work& transaction) { transaction.exec(kLock); }

std::vector<AppliedMigration> applied_migrations(pqxx::work& transaction) {
  std::vector<AppliedMigration> applied;
  for (const auto& row :
       transaction.exec("SELECT number, name, checksum FROM ops.migrations ORDER BY number")) {
    applied.push_back({row[0].as<int>(), row[1].as<std::string>(), row[2].as<std::string>()});
  }
  return applied;
}

void prepare_bookkeeping(core::DatabasePool& database) {
  database.write([](pqxx::work& transaction) {
    take_lock(transaction);
    transaction.exec(
        "SET LOCAL client_min_messages = warning; "
        "CREATE SCHEMA IF NOT EXISTS ops; "
        "CREATE TABLE IF NOT EXISTS ops.migrations ("
        "  number integer PRIMARY KEY,"
        "  name text NOT NULL,"
        "  checksum text NOT NULL,"
        "  applied_at timestamptz NOT NULL DEFAULT clock_timestamp())");
  });
}

// Applies the first migration that is left; empty when there is none. What is left is read under
// the lock each time, since another process may have been faster.
std::string apply_next(core::DatabasePool& database) {
  return database.write([](pqxx::work& transaction) -> std::string {
    take_lock(transaction);
    const auto left = migrations_left(migrations(), applied_migrations(transaction));
    if (left.empty()) return {};
    const auto& next = left.front();
    transaction.exec("SET LOCAL client_min_messages = warning");
    transaction.exec(std::string(next.sql));
    transaction.exec("INSERT INTO ops.migrations (number, name, checksum) VALUES (" +
                     std::to_string(next.number) + ", " +
                     transaction.quote(std::string(next.name)) + ", " +
                     transaction.quote(core::sha256_hex(next.sql)) + ")");
    return std::string(next.name);
  });
}

// Every message bears it, so that two installations on one cluster notice each other.
void create_installation_id(core::DatabasePool& database) {
  database.write([](pqxx::work& transaction) {
    transaction.exec("INSERT INTO ops.settings (name, value) VALUES ('installation_id', '" +
                     core::new_uuid_v7().to_string() + "') ON CONFLICT (name) DO NOTHING");
  });
}

// The partition count belongs to the data: rows and offsets are kept per partition. What is wanted
// counts only the first time; afterwards `orderflow repartition` changes it. Returns what it is.
std::string create_partitions(core::DatabasePool& database, std::int64_t wanted) {
  return database.write([&](pqxx::work& transaction) {
    take_lock(transaction);
    transaction.exec("INSERT INTO ops.settings (name, value) VALUES ('partition_count', '" +
                     std::to_string(wanted) + "') ON CONFLICT (name) DO NOTHING");
    const auto count = transaction.exec1(kPartitionCountSql)[0].as<std::string>();
    for (const events::Role& owner : events::kOwners) {
      transaction.exec("INSERT INTO " + std::string(owner.schema) +
                       ".partitions (partition) SELECT generate_series(0, " + count +
                       " - 1) ON CONFLICT (partition) DO NOTHING");
    }
    return count;
  });
}

}  // namespace

void await_database(const core::Settings& settings, core::DatabasePool& database,
                    core::Logger& logger) {
  const auto timeout = settings.get(kDatabaseStartTimeout);
  const auto begin = std::chrono::steady_clock::now();
  const std::string url = settings.get(core::kDatabaseUrl).shown();
  auto pause = 100ms;
  auto next_report = begin + 2s;
  for (;;) {
    const std::string problem = problem_of(database);
    if (problem.empty()) return;
    if (const char* remedy = lasting_problem(problem)) {
      throw core::BadConfiguration(problem + " (" + url + "): " + remedy);
    }
    const auto now = std::chrono::steady_clock::now();
    if (now - begin + pause > timeout) {
      throw core::Unavailable(problem + " (" + url + "); start PostgreSQL or correct DATABASE_URL");
    }
    if (now >= next_report) {
      logger.warning("waiting for the database", {{"url", url}, {"problem", problem}});
      next_report = now + 5s;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds{1000});
  }
}

int run_migrate(const core::Settings& settings, core::Logger& logger) {
  core::DatabasePool database(settings.get(core::kDatabaseUrl), "", 1, kStatementTimeout);
  await_database(settings, database, logger);
  prepare_bookkeeping(database);
  int applied = 0;
  for (std::string name = apply_next(database); !name.empty(); name = apply_next(database)) {
    logger.info("migration applied", {{"migration", name}});
    ++applied;
  }
  create_installation_id(database);
  const auto partitions = create_partitions(database, settings.get(kPartitions));
  logger.info(
      "database is up to date",
      {{"migrations", migrations().size()}, {"applied_now", applied}, {"partitions", partitions}});
  return 0;
}

}  // namespace orderflow::schemas
