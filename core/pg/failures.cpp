#include "core/pg/failures.hpp"

#include <algorithm>
#include <iterator>

namespace orderflow::core {
namespace {

using Kind = RefusalKind;

struct Condition {
  std::string_view sqlstate;  // Or the beginning of several; empty: libpq's own words.
  std::string_view words;     // Where the code alone says too little.
  std::string_view remedy;
  Kind kind = Kind::kPassing;
};

constexpr const char* kNeedsSessionPooling =
    "a connection pooler changes sessions between transactions; Orderflow needs PostgreSQL itself "
    "or session pooling (PgBouncer: pool_mode = session)";

constexpr const char* kCheckLogin = "check the user and password in DATABASE_URL, and pg_hba.conf";
constexpr const char* kCheckDatabase = "create it with createdb, or correct DATABASE_URL";
constexpr const char* kNoSessionLeft =
    "PostgreSQL, or a pooler before it, has no session left; raise max_connections (PgBouncer: "
    "max_client_conn), or lower ORDERFLOW_DB_POOL or the number of processes";
constexpr const char* kTakesNoWrites =
    "the database takes no writes: it is a standby, or default_transaction_read_only is on";
constexpr const char* kCheckOptions = "correct `options` in DATABASE_URL";
constexpr const char* kCheckEncryption =
    "let the server offer it, or correct DATABASE_URL (sslmode, channel_binding, gssencmode)";
constexpr const char* kCheckCertificate =
    "check the server's certificate, and sslrootcert and sslmode in DATABASE_URL";

// The first that fits counts. Poolers say most of it by 08P01.
constexpr Condition kConditions[] = {
    {"08P01", "unsupported startup parameter",
     "a connection pooler refuses start-up options; connect to PostgreSQL itself, or have it pass "
     "them over (PgBouncer: pool_mode = session, ignore_startup_parameters = options)",
     Kind::kLasting},
    {"08P01", "authentication failed", kCheckLogin, Kind::kLasting},
    {"08P01", "no such user", kCheckLogin, Kind::kLasting},
    {"08P01", "no such database", kCheckDatabase, Kind::kLasting},
    {"08P01", "does not exist", kCheckDatabase, Kind::kLasting},
    {"08P01", "no more connections allowed", kNoSessionLeft, Kind::kHindering},
    {"08P01", "query_wait_timeout", kPoolerNeedsSessions, Kind::kHindering},
    {"22023", "invalid value for parameter", kCheckOptions, Kind::kLasting},
    {"25006", "", kTakesNoWrites, Kind::kHindering},
    {"26000", "", kNeedsSessionPooling, Kind::kLasting},
    {"28", "", kCheckLogin, Kind::kLasting},
    {"3D000", "", kCheckDatabase, Kind::kLasting},
    {"3F000", "", "run `orderflow migrate`"},
    {"42501", "permission denied for database", "GRANT CONNECT ON DATABASE to the user",
     Kind::kLasting},
    {"42501", "permission denied to set parameter", kCheckOptions, Kind::kLasting},
    {"42704", "unrecognized configuration parameter", kCheckOptions, Kind::kLasting},
    {"42P01", "", "run `orderflow migrate`"},
    {"42P05", "", kNeedsSessionPooling, Kind::kLasting},
    {"53100", "", "the disk of PostgreSQL is full; free some of it", Kind::kHindering},
    {"53200", "", "PostgreSQL is out of memory", Kind::kHindering},
    {"53300", "", kNoSessionLeft, Kind::kHindering},
    {"55000", "not currently accepting connections",
     "name another database in DATABASE_URL, or ALTER DATABASE … ALLOW_CONNECTIONS true",
     Kind::kLasting},
    {"55P02", "", kCheckOptions, Kind::kLasting},
    {"57P0", "", "PostgreSQL is starting or stopping"},
    {"", "server is in hot standby mode", kTakesNoWrites, Kind::kHindering},
    {"", "session is read-only", kTakesNoWrites, Kind::kHindering},
    {"", "no password supplied", "name the password in DATABASE_URL", Kind::kLasting},
    {"", "server does not support SSL", kCheckEncryption, Kind::kLasting},
    {"", "GSSAPI encryption required", kCheckEncryption, Kind::kLasting},
    {"", "doesn't support GSSAPI encryption", kCheckEncryption, Kind::kLasting},
    {"", "channel binding", kCheckEncryption, Kind::kLasting},
    {"", "certificate verify failed", kCheckCertificate, Kind::kLasting},
    {"", "does not match host name", kCheckCertificate, Kind::kLasting},
    {"", "root certificate file", kCheckCertificate, Kind::kLasting},
    {"", "definition of service", "define it in the service file, or correct DATABASE_URL",
     Kind::kLasting},
    {"", "service file", "make it, or correct DATABASE_URL", Kind::kLasting},
    {"", " value: \"", "correct it in DATABASE_URL, or in libpq's environment", Kind::kLasting},
};

// About a value or how much of it there is, another transaction, the server's resources, a
// time-out, or raised by functions of ours: a new session would get the same answer.
constexpr std::string_view kNotOfTheSession[] = {"21", "22",    "23",    "40", "53",
                                                 "54", "55P03", "57014", "OF", "P0"};

const Condition* condition_of(std::string_view sqlstate, std::string_view message) {
  const auto fits = [&](const Condition& one) {
    return sqlstate.starts_with(one.sqlstate) && sqlstate.empty() == one.sqlstate.empty() &&
           message.find(one.words) != std::string_view::npos;
  };
  const auto* found = std::find_if(std::begin(kConditions), std::end(kConditions), fits);
  return found == std::end(kConditions) ? nullptr : found;
}

std::string explained(const std::string& sqlstate, const std::string& message) {
  const Condition* condition = condition_of(sqlstate, message);
  const std::string text = sqlstate.empty() ? message : message + " (SQLSTATE " + sqlstate + ")";
  return condition == nullptr ? text : text + ": " + std::string(condition->remedy);
}

RefusalKind kind_of(std::string_view sqlstate, std::string_view message) {
  const Condition* condition = condition_of(sqlstate, message);
  return condition == nullptr ? Kind::kPassing : condition->kind;
}

}  // namespace

DatabaseRefusal::DatabaseRefusal(std::string sqlstate, const std::string& message)
    : Unavailable(explained(sqlstate, message)),
      sqlstate_(std::move(sqlstate)),
      kind_(kind_of(sqlstate_, message)) {}

bool DatabaseRefusal::passes() const { return sqlstate_.starts_with("57P0"); }

bool is_refusal_of_libpq(std::string_view message) { return condition_of("", message) != nullptr; }

bool session_may_be_to_blame(std::string_view sqlstate) {
  return std::none_of(std::begin(kNotOfTheSession), std::end(kNotOfTheSession),
                      [&](std::string_view known) { return sqlstate.starts_with(known); });
}

void raise_failure(const std::string& sqlstate, const std::string& message) {
  if (sqlstate == "OF001") throw Fenced(message);
  if (sqlstate.starts_with("22") || sqlstate.starts_with("23")) throw DataError(sqlstate, message);
  if (sqlstate.starts_with("40")) throw Conflict(message);
  if (sqlstate == "55P03") throw LockTimeout(message);
  throw DatabaseRefusal(sqlstate, message);
}

}  // namespace orderflow::core
