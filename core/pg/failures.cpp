#include "core/pg/failures.hpp"

#include <algorithm>
#include <iterator>

namespace orderflow::core {
namespace {

enum class Kind {
  kPassing,    // Over by itself, or once somebody has done something elsewhere.
  kHindering,  // Passing, and the server answers others meanwhile, readiness too.
  kLasting,    // A person must mend it.
};

struct Condition {
  std::string_view sqlstate;  // Or the beginning of several.
  const char* remedy;
  Kind kind = Kind::kPassing;
};

constexpr const char* kNeedsSessionPooling =
    "a connection pooler changes sessions between transactions; Orderflow needs PostgreSQL itself "
    "or session pooling (PgBouncer: pool_mode = session)";

constexpr Condition kConditions[] = {
    {"08P01",
     "a connection pooler refuses start-up options; connect to PostgreSQL itself, or have it pass "
     "them over (PgBouncer: pool_mode = session, ignore_startup_parameters = options)",
     Kind::kLasting},
    {"25006",
     "the database takes no writes: it is a standby, or default_transaction_read_only is on",
     Kind::kHindering},
    {"26000", kNeedsSessionPooling, Kind::kLasting},
    {"28", "check the user and password in DATABASE_URL, and pg_hba.conf", Kind::kLasting},
    {"3D000", "create it with createdb, or correct DATABASE_URL", Kind::kLasting},
    {"3F000", "run `orderflow migrate`"},
    {"42P01", "run `orderflow migrate`"},
    {"42P05", kNeedsSessionPooling, Kind::kLasting},
    {"53100", "the disk of PostgreSQL is full; free some of it", Kind::kHindering},
    {"53200", "PostgreSQL is out of memory", Kind::kHindering},
    {"53300",
     "PostgreSQL has no session left; raise max_connections, or lower ORDERFLOW_DB_POOL or the "
     "number of processes",
     Kind::kHindering},
    {"57P0", "PostgreSQL is starting or stopping"},
};

const Condition* condition_of(std::string_view sqlstate) {
  const auto* found =
      std::find_if(std::begin(kConditions), std::end(kConditions),
                   [&](const auto& one) { return sqlstate.starts_with(one.sqlstate); });
  return found == std::end(kConditions) ? nullptr : found;
}

std::string explained(const std::string& sqlstate, const std::string& message) {
  const Condition* condition = condition_of(sqlstate);
  const std::string text = message + " (SQLSTATE " + sqlstate + ")";
  return condition == nullptr ? text : text + ": " + condition->remedy;
}

}  // namespace

DatabaseRefusal::DatabaseRefusal(std::string sqlstate, const std::string& message)
    : Unavailable(explained(sqlstate, message)), sqlstate_(std::move(sqlstate)) {}

bool DatabaseRefusal::lasting() const {
  const Condition* condition = condition_of(sqlstate_);
  return condition != nullptr && condition->kind == Kind::kLasting;
}

bool DatabaseRefusal::passes() const { return sqlstate_.starts_with("57P0"); }

bool DatabaseRefusal::hinders() const {
  const Condition* condition = condition_of(sqlstate_);
  return condition != nullptr && condition->kind != Kind::kPassing;
}

void raise_failure(const std::string& sqlstate, const std::string& message) {
  if (sqlstate == "OF001") throw Fenced(message);
  if (sqlstate.starts_with("22") || sqlstate.starts_with("23")) throw DataError(sqlstate, message);
  if (sqlstate.starts_with("40")) throw Conflict(message);
  if (sqlstate == "55P03") throw LockTimeout(message);
  throw DatabaseRefusal(sqlstate, message);
}

}  // namespace orderflow::core
