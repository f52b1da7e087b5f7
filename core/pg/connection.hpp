#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>

#include "core/pg/database_url.hpp"
#include "core/pg/failures.hpp"
#include "core/values/time.hpp"

namespace orderflow::core {

// The whole set-up of a session: TCP, TLS, log-in, settings.
inline constexpr Duration kSetUpTimeout = std::chrono::seconds{5};

struct PgSessionOptions {
  std::string application_name;
  std::string role;  // Taken when it exists and may be; empty: stay with the login.
  Duration answer_timeout = std::chrono::seconds{30};
  Duration lock_timeout = std::chrono::seconds{5};
  // Set-based statements join a small array with a large table. A plan made while the table was
  // empty would scan it for ever, so hot sessions plan nested loops over indexes only.
  bool index_only_plans = false;
  // A list is read in the order of an index and ends with its page. Without this option the planner
  // would at times rather read all that matches and sort it, since it knows neither the values nor,
  // therefore, how much that is.
  bool index_order_plans = false;
  // Tools ask once: their statements are planned for the values at hand, not for any.
  bool plans_by_value = false;
  Duration set_up_timeout = kSetUpTimeout;
};

struct PgFinish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using PgConnection = std::unique_ptr<PGconn, PgFinish>;

// The one way to a session of ours, in non-blocking and pipeline mode. Whatever a database or a
// role may have set for its sessions (ALTER DATABASE … SET) and a promise or a format relies on is
// set in the start-up packet, and once more by a statement, since poolers keep parts of that packet
// from the server. Of several hosts in the URL each gets a fair share of the time, the one that
// answered last comes first, and the one that takes writes is used.
//
// Blocks for set_up_timeout at most, whatever the server does or leaves undone (a resolver that
// hangs excepted). Throws DatabaseRefusal when it refuses, else Unavailable.
[[nodiscard]] PgConnection connect_session(const DatabaseUrl& url, const PgSessionOptions& options);

// What the server said against a statement.
struct PgError {
  std::string sqlstate;
  std::string message;
};

// Runs one or more statements by the simple protocol, on a connection in non-blocking mode that is
// not in pipeline mode; results are passed over. Returns the first error, if any; throws
// Unavailable when the connection broke or the deadline passed, which leave it unusable.
[[nodiscard]] std::optional<PgError> run_simply(PGconn* connection, const std::string& sql,
                                                SteadyTime deadline);

// The server's words, without what follows in further lines.
[[nodiscard]] std::string first_line(const char* text);

}  // namespace orderflow::core
