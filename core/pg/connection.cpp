#include "core/pg/connection.hpp"

#include <algorithm>
#include <cctype>
#include <exception>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "core/pg/socket.hpp"
#include "core/values/number.hpp"

namespace orderflow::core {
namespace {

using std::chrono::steady_clock;

// A host that vanished without a word is given up after so much unanswered sending.
constexpr const char* kKeepaliveSeconds = "5";
constexpr const char* kKeepaliveCount = "3";
constexpr const char* kTcpUserTimeoutMs = "20000";

using ServerSettings = std::vector<std::pair<std::string, std::string>>;

// default_transaction_read_only is left as it is: with it an administrator holds the database
// still.
ServerSettings server_settings(const PgSessionOptions& options) {
  const auto ms = [](Duration duration) { return std::to_string(to_ms(duration)); };
  ServerSettings settings{
      {"TimeZone", "UTC"},
      {"DateStyle", "ISO, YMD"},
      {"IntervalStyle", "iso_8601"},
      {"bytea_output", "hex"},
      {"extra_float_digits", "1"},
      {"standard_conforming_strings", "on"},
      {"search_path", "pg_catalog, pg_temp"},  // Every name of ours says its schema.
      {"default_transaction_isolation", "read committed"},
      {"default_transaction_deferrable", "off"},
      {"synchronous_commit", "on"},  // An answered order is on disk.
      {"row_security", "on"},
      {"transform_null_equals", "off"},
      {"client_min_messages", "warning"},
      {"jit", "off"},  // Compiling a short statement costs more than running it.
      {"plan_cache_mode", options.plans_by_value ? "force_custom_plan" : "force_generic_plan"},
      {"statement_timeout", ms(options.answer_timeout)},
      {"lock_timeout", ms(options.lock_timeout)},
      {"idle_in_transaction_session_timeout", ms(options.answer_timeout)},
      {"idle_session_timeout", "0"},
  };
  if (options.index_only_plans) {
    for (const char* name :
         {"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_bitmapscan"}) {
      settings.emplace_back(name, "off");
    }
  }
  if (options.index_order_plans) {
    for (const char* name : {"enable_sort", "enable_incremental_sort"}) {
      settings.emplace_back(name, "off");
    }
  }
  return settings;
}

// What the URL asks for, then ours: the last one counts.
std::string start_up_options(const DatabaseUrl& url, const ServerSettings& settings) {
  std::string options = url.parameter("options").value_or("");
  for (const auto& [name, value] : settings) {
    options.append(options.empty() ? "-c " : " -c ").append(name).append("=");
    for (const char letter : value) {
      if (letter == ' ' || letter == '\\') options += '\\';
      options += letter;
    }
  }
  return options;
}

[[noreturn]] void give_up(const std::string& why) {
  throw Unavailable("the database does not answer (" + why +
                    "); check DATABASE_URL and that PostgreSQL runs");
}

class NoAnswerInTime : public Unavailable {
 public:
  explicit NoAnswerInTime(bool reached)
      : Unavailable("no answer from the database in time"), reached_(reached) {}
  // Something listens there.
  [[nodiscard]] bool reached() const { return reached_; }

 private:
  bool reached_;
};

void await(PGconn* connection, SocketWait wait, SteadyTime deadline) {
  switch (await_socket(PQsocket(connection), wait, deadline)) {
    case SocketState::kReady: return;
    case SocketState::kTimedOut: throw NoAnswerInTime(PQstatus(connection) != CONNECTION_STARTED);
    case SocketState::kBroken: give_up("the connection broke");
  }
}

// libpq tells a refusal's SQLSTATE only within its text, verbose: "FATAL:  28P01: password …".
[[noreturn]] void raise_handshake_failure(PGconn* connection) {
  const std::string text = PQerrorMessage(connection);
  constexpr std::size_t kCodeSize = 5;
  for (auto at = text.rfind(":  "); at != std::string::npos && at > 0;
       at = text.rfind(":  ", at - 1)) {
    const std::string code = text.substr(at + 3, kCodeSize);
    const bool is_code =
        code.size() == kCodeSize && std::all_of(code.begin(), code.end(), [](unsigned char letter) {
          return std::isdigit(letter) != 0 || std::isupper(letter) != 0;
        });
    const auto words = at + 3 + kCodeSize;
    if (!is_code || text.compare(words, 2, ": ") != 0) continue;
    throw DatabaseRefusal(
        code, "the database refuses a session: " + first_line(text.c_str() + words + 2));
  }
  // A line for each address that was tried.
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (is_refusal_of_libpq(line)) {
      throw DatabaseRefusal("", "the database gives no session: " + line);
    }
  }
  give_up(first_line(text.c_str()));
}

void shake_hands(PGconn* connection, SteadyTime deadline) {
  if (PQstatus(connection) == CONNECTION_BAD) raise_handshake_failure(connection);
  PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  while (next != PGRES_POLLING_OK) {
    const bool writing = next == PGRES_POLLING_WRITING;
    await(connection, writing ? SocketWait::kWriting : SocketWait::kReading, deadline);
    next = PQconnectPoll(connection);
    if (next == PGRES_POLLING_FAILED) raise_handshake_failure(connection);
  }
  PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
}

std::string literal(std::string_view value) {
  std::string quoted = "'";
  for (const char letter : value) quoted += letter == '\'' ? "''" : std::string(1, letter);
  return quoted + "'";
}

std::string as_statements(const ServerSettings& settings, const std::string& role) {
  std::string sql;
  for (const auto& [name, value] : settings) {
    sql += (sql.empty() ? "SELECT set_config(" : ", set_config(") + literal(name) + ", " +
           literal(value) + ", false)";
  }
  if (role.empty()) return sql + ", set_config('role', 'none', false)";
  return sql +
         "; SELECT set_config('role', rolname, false) FROM pg_catalog.pg_roles WHERE rolname = " +
         literal(role) + " AND pg_has_role(rolname, 'MEMBER')";
}

PgConnection open(const DatabaseUrl& url, const PgHost* host, const PgSessionOptions& options,
                  const std::string& role, SteadyTime deadline) {
  ServerSettings settings = server_settings(options);
  const std::string& conninfo = url.conninfo();
  ServerSettings at_start = settings;
  at_start.emplace_back("role", role.empty() ? "none" : role);
  const std::string start_up = start_up_options(url, at_start);
  std::vector<std::pair<const char*, const char*>> parameters{
      {"dbname", conninfo.c_str()},
      {"application_name", options.application_name.c_str()},
      {"client_encoding", "UTF8"},
      {"options", start_up.c_str()},
      {"keepalives_idle", kKeepaliveSeconds},
      {"keepalives_interval", kKeepaliveSeconds},
      {"keepalives_count", kKeepaliveCount},
      {"tcp_user_timeout", kTcpUserTimeoutMs},
  };
  if (host != nullptr) {
    parameters.insert(parameters.end(), {{"host", host->name.c_str()},
                                         {"hostaddr", host->address.c_str()},
                                         {"port", host->port.c_str()}});
    // Of several servers one takes writes, and a standby is not it.
    if (!url.parameter("target_session_attrs")) {
      parameters.emplace_back("target_session_attrs", "primary");
    }
  }
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : parameters) {
    keys.push_back(key);
    values.push_back(value);
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  PgConnection connection(PQconnectStartParams(keys.data(), values.data(), 1));
  if (connection == nullptr) give_up("out of memory");
  // What a server says besides its answers would go to stderr, where every line is JSON.
  PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
  shake_hands(connection.get(), deadline);
  if (PQsetnonblocking(connection.get(), 1) != 0) give_up("a session could not be set up");
  // Poolers keep some or all of the start-up packet's settings from the server, and tell nobody.
  const auto error = run_simply(connection.get(), as_statements(settings, role), deadline);
  if (error) throw DatabaseRefusal(error->sqlstate, error->message);
  if (PQenterPipelineMode(connection.get()) != 1) give_up("a session could not be set up");
  return connection;
}

// A hosted database may not let its user make roles, and before `migrate` there are none.
bool role_was_refused(const DatabaseRefusal& refusal) {
  return refusal.sqlstate() == "22023" || refusal.sqlstate() == "42501";
}

PgConnection open_with_role(const DatabaseUrl& url, const PgHost* host,
                            const PgSessionOptions& options, SteadyTime deadline) {
  try {
    return open(url, host, options, options.role, deadline);
  } catch (const DatabaseRefusal& refusal) {
    if (options.role.empty() || !role_was_refused(refusal)) throw;
  }
  return open(url, host, options, "", deadline);
}

// The URL may ask for less than we allow.
Duration time_to_connect(const DatabaseUrl& url, const PgSessionOptions& options) {
  const auto asked = parse_number<std::uint32_t>(url.parameter("connect_timeout").value_or(""));
  if (asked.value_or(0) == 0) return options.set_up_timeout;
  return std::min<Duration>(options.set_up_timeout, std::chrono::seconds{*asked});
}

// As far as a server says so, which poolers do not.
bool is_read_only(PGconn* connection) {
  const char* told = PQparameterStatus(connection, "default_transaction_read_only");
  return told != nullptr && std::string_view(told) == "on";
}

// Of several primaries (an old one is held read-only when the next one takes over) the one that
// takes writes. While none does, a read-only one still serves reads, and says why it takes none.
PgConnection connect_any_host(const DatabaseUrl& url, const PgSessionOptions& options) {
  const SteadyTime deadline = steady_clock::now() + time_to_connect(url, options);
  const auto hosts = url.hosts();
  if (hosts.size() < 2) return open_with_role(url, nullptr, options, deadline);
  const bool asks = url.parameter("target_session_attrs").has_value();
  PgConnection read_only;
  std::exception_ptr failure;
  const std::size_t first = url.server().answering_host();
  for (std::size_t tried = 0; tried < hosts.size(); ++tried) {
    const std::size_t index = (first + tried) % hosts.size();
    const SteadyTime now = steady_clock::now();
    const SteadyTime share = now + (deadline - now) / static_cast<int>(hosts.size() - tried);
    try {
      PgConnection connection = open_with_role(url, &hosts[index], options, share);
      if (!asks && is_read_only(connection.get())) {
        read_only = std::move(connection);
        continue;
      }
      url.server().has_answered(index);
      return connection;
    } catch (const DatabaseRefusal& refusal) {
      // That a standby is none says less than what keeps the primary from it.
      const bool is_standby = refusal.sqlstate().empty() && !refusal.lasting();
      if (failure == nullptr || !is_standby) failure = std::current_exception();
    } catch (const Unavailable&) {
      failure = std::current_exception();
    }
  }
  if (read_only == nullptr) std::rethrow_exception(failure);
  return read_only;
}

}  // namespace

std::optional<PgError> run_simply(PGconn* connection, const std::string& sql, SteadyTime deadline) {
  if (PQsendQuery(connection, sql.c_str()) != 1) give_up(first_line(PQerrorMessage(connection)));
  std::optional<PgError> error;
  while (true) {
    const int unsent = PQflush(connection);
    if (unsent < 0) give_up(first_line(PQerrorMessage(connection)));
    if (unsent == 0 && PQisBusy(connection) == 0) {
      const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQgetResult(connection), &PQclear);
      if (result == nullptr) return error;
      if (PQresultStatus(result.get()) != PGRES_FATAL_ERROR || error) continue;
      const std::string message = first_line(PQresultErrorMessage(result.get()));
      const char* code = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
      if (code == nullptr || PQstatus(connection) != CONNECTION_OK) give_up(message);
      error = PgError{code, message};
      continue;
    }
    await(connection, unsent == 0 ? SocketWait::kReading : SocketWait::kWriting, deadline);
    if (PQconsumeInput(connection) != 1) give_up(first_line(PQerrorMessage(connection)));
  }
}

std::string first_line(const char* text) {
  std::string line(text == nullptr ? "" : text);
  line.erase(std::min(line.find('\n'), line.size()));
  return line;
}

PgConnection connect_session(const DatabaseUrl& url, const PgSessionOptions& options) {
  // Whatever keeps a session from being set up: without sessions nothing can be done.
  try {
    PgConnection connection = connect_any_host(url, options);
    url.server().has_let_in();
    return connection;
  } catch (const DatabaseRefusal& refusal) {
    if (!refusal.passes()) url.server().refused(refusal.what());
    throw;
  } catch (const NoAnswerInTime& late) {
    const std::string why =
        "the database sets up no session in time; check DATABASE_URL and that PostgreSQL runs" +
        (late.reached() ? "; " + std::string(kPoolerNeedsSessions) : "");
    url.server().kept_waiting(why, options.set_up_timeout);
    throw Unavailable(why);
  }
}

}  // namespace orderflow::core
