#include "consumers/runtime/lock_holder.hpp"

namespace orderflow::consumers {
namespace {

// A role without rights of a monitor sees neither state nor age of another's session, but who it
// is. A prepared transaction has no session.
constexpr core::PgStatement kReadHolder{
    "lock_holder",
    "SELECT l.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''),"
    " n.nspname || '.' || c.relname"
    " FROM pg_locks l"
    " JOIN pg_class c ON c.oid = l.relation"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'relation' AND l.granted AND l.mode <> 'AccessShareLock'"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
    " AND coalesce(a.application_name, '') NOT LIKE 'orderflow%'"
    " ORDER BY a.xact_start NULLS LAST, l.pid LIMIT 1"};

}  // namespace

std::string lock_holder(core::PgSession& session) {
  const auto rows = session.execute(kReadHolder, {});
  if (rows.rows() == 0) return "a session that has ended meanwhile, or is Orderflow's own";
  const std::string table = " (it has locks in " + std::string(rows.text(0, 3)) + ")";
  if (rows.is_null(0, 0)) {
    return "a prepared transaction" + table + "; see pg_prepared_xacts, and end it";
  }
  const std::string pid = std::to_string(rows.int4(0, 0));
  return "the session with pid " + pid + " of user '" + std::string(rows.text(0, 1)) + "', '" +
         std::string(rows.text(0, 2)) + "'" + table +
         "; end its transaction, or: SELECT pg_terminate_backend(" + pid + ")";
}

}  // namespace orderflow::consumers
