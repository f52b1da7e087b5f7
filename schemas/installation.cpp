#include "schemas/installation.hpp"

#include <algorithm>
#include <bit>
#include <thread>

#include "schemas/settings.hpp"

namespace orderflow::schemas {
namespace {

constexpr core::PgStatement kReadMigrated{"settings_exist",
                                          "SELECT to_regclass('ops.settings') IS NOT NULL"};
constexpr core::PgStatement kBookkeepingExists{"migrations_exist",
                                               "SELECT to_regclass('ops.migrations') IS NOT NULL"};
constexpr core::PgStatement kReadApplied{
    "migrations_applied", "SELECT number, name, checksum FROM ops.migrations ORDER BY number"};
constexpr core::PgStatement kReadCount{"partition_count", kPartitionCountSql};
constexpr core::PgStatement kIdExists{
    "installation_id_exists", "SELECT to_regprocedure('ops.installation_id()') IS NOT NULL"};
constexpr core::PgStatement kReadId{"installation_id", "SELECT ops.installation_id()"};

}  // namespace

std::int32_t first_partition_count(std::int32_t wanted, unsigned cores) {
  constexpr unsigned most = 8;
  return wanted != 0 ? wanted
                     : static_cast<std::int32_t>(std::bit_ceil(std::clamp(cores, 1U, most)));
}

std::int32_t first_partition_count(const core::Settings& settings) {
  return first_partition_count(settings.get(kPartitions), std::thread::hardware_concurrency());
}

std::vector<AppliedMigration> read_applied_migrations(core::PgSession& session) {
  if (!session.execute(kBookkeepingExists).boolean(0, 0)) return {};
  const core::PgResult rows = session.execute(kReadApplied);
  std::vector<AppliedMigration> applied;
  for (int i = 0; i < rows.rows(); ++i) {
    applied.push_back(
        {rows.int4(i, 0), std::string(rows.text(i, 1)), std::string(rows.text(i, 2))});
  }
  return applied;
}

std::optional<std::int32_t> read_partition_count(core::PgSession& session) {
  if (!session.execute(kReadMigrated).boolean(0, 0)) return std::nullopt;
  const auto rows = session.execute(kReadCount);
  return rows.rows() == 0 ? std::nullopt : std::optional(rows.int4(0, 0));
}

std::string read_installation_id(core::PgSession& session) {
  if (!session.execute(kIdExists).boolean(0, 0)) return {};
  return std::string(session.execute(kReadId).text(0, 0));
}

}  // namespace orderflow::schemas
