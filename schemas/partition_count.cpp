#include "schemas/partition_count.hpp"

namespace orderflow::schemas {
namespace {

constexpr core::PgStatement kReadMigrated{"settings_exist",
                                          "SELECT to_regclass('ops.settings') IS NOT NULL"};
constexpr core::PgStatement kReadCount{"partition_count", kPartitionCountSql};

}  // namespace

std::optional<std::int32_t> read_partition_count(core::PgSession& session) {
  if (!session.execute(kReadMigrated).boolean(0, 0)) return std::nullopt;
  const auto rows = session.execute(kReadCount);
  return rows.rows() == 0 ? std::nullopt : std::optional(rows.int4(0, 0));
}

}  // namespace orderflow::schemas
