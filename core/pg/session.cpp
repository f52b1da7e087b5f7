#include "core/pg/session.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

namespace orderflow::core {
namespace {

constexpr int kBinaryFormat = 1;
// The server ends a statement that takes too long itself; this much later it is taken for dead.
constexpr auto kAnswerSlack = std::chrono::seconds{1};

template <typename Int>
Int from_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return static_cast<Int>(value);
}

// By a clock that does not jump: a wall clock that is set back would prolong a wait.
SteadyTime deadline_after(Duration duration) { return std::chrono::steady_clock::now() + duration; }

std::vector<Oid> oids_of(const PgParams& params) {
  std::vector<Oid> oids;
  for (const auto& parameter : params.all()) oids.push_back(parameter.oid);
  return oids;
}

enum class SentKind { kBegin, kPrepare, kCall, kCommit };

struct Sent {
  SentKind kind;
  const char* name;
};

constexpr PgStatement kRowType{"row_type", "SELECT coalesce(to_regtype($1)::oid::int8, 0)"};
constexpr PgStatement kBegin{"begin", "BEGIN"};
constexpr PgStatement kCommit{"commit", "COMMIT"};

}  // namespace

std::int64_t PgResult::affected() const {
  const std::string_view text = PQcmdTuples(result_.get());
  return text.empty() ? 0 : std::strtoll(text.data(), nullptr, 10);
}

std::string_view PgResult::raw(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

bool PgResult::is_null(int row, int column) const {
  return PQgetisnull(result_.get(), row, column) != 0;
}
bool PgResult::boolean(int row, int column) const {
  return from_big_endian<int>(raw(row, column)) != 0;
}
std::int32_t PgResult::int4(int row, int column) const {
  return from_big_endian<std::int32_t>(raw(row, column));
}
std::int64_t PgResult::int8(int row, int column) const {
  return from_big_endian<std::int64_t>(raw(row, column));
}
Uuid PgResult::uuid(int row, int column) const {
  Uuid id;
  const auto bytes = raw(row, column);
  std::memcpy(id.bytes.data(), bytes.data(), std::min(bytes.size(), id.bytes.size()));
  return id;
}
Time PgResult::time(int row, int column) const {
  return kPgEpoch + Duration{from_big_endian<std::int64_t>(raw(row, column))};
}
std::string_view PgResult::text(int row, int column) const { return raw(row, column); }
std::string_view PgResult::jsonb(int row, int column) const {
  auto bytes = raw(row, column);
  if (!bytes.empty()) bytes.remove_prefix(1);  // The version byte.
  return bytes;
}
std::optional<Uuid> PgResult::maybe_uuid(int row, int column) const {
  return is_null(row, column) ? std::nullopt : std::optional(uuid(row, column));
}
std::optional<Time> PgResult::maybe_time(int row, int column) const {
  return is_null(row, column) ? std::nullopt : std::optional(time(row, column));
}

PgSession::PgSession(DatabaseUrl url, PgSessionOptions options)
    : url_(std::move(url)), options_(std::move(options)) {}

PgSession::~PgSession() { disconnect(); }

void PgSession::connect() {
  if (connection_ != nullptr && !server_has_left(PQsocket(connection_.get()))) return;
  if (in_block_) lose_connection("the database connection broke");
  if (connection_ != nullptr) ++losses_;
  disconnect();
  connection_ = connect_session(url_, options_);
}

void PgSession::disconnect() {
  connection_.reset();
  prepared_.clear();
  row_types_.clear();
  transaction_open_ = false;
  in_block_ = false;
}

int PgSession::backend_pid() const {
  return connection_ == nullptr ? 0 : PQbackendPID(connection_.get());
}

void PgSession::lose_connection(const std::string& what) {
  const std::string said = first_line(PQerrorMessage(connection_.get()));
  const std::string why = said.empty() ? what : what + ": " + said;
  const bool unknown = transaction_open_;
  ++losses_;
  disconnect();
  if (unknown) throw CommitUnknown(why);
  throw Unavailable(why);
}

// What libpq takes of a statement's parameters. Arrays of rows are encoded here, since their types
// have other ids in other databases; `encoded` holds them until they are sent.
void PgSession::send(const PgStatement& statement, const PgParams& params) {
  std::vector<std::string> encoded;
  std::vector<const char*> values;
  std::vector<int> lengths;
  encoded.reserve(params.all().size());
  values.reserve(params.all().size());
  lengths.reserve(params.all().size());
  for (const auto& parameter : params.all()) {
    const auto* bytes = std::get_if<std::string>(&parameter.value);
    if (const auto* rows = std::get_if<PgRows>(&parameter.value)) {
      // Missing when the connection died while another type was asked about.
      const auto type = row_types_.find(rows->type());
      if (type == row_types_.end()) lose_connection("the types of rows are no longer known");
      bytes = &encoded.emplace_back(rows->encode(type->second));
    }
    values.push_back(bytes == nullptr ? nullptr : bytes->data());
    lengths.push_back(bytes == nullptr ? 0 : static_cast<int>(bytes->size()));
  }
  const std::vector<int> formats(params.all().size(), kBinaryFormat);
  int sent = 0;
  if (statement.name == nullptr) {
    const auto oids = oids_of(params);
    sent = PQsendQueryParams(connection_.get(), statement.sql, params.size(), oids.data(),
                             values.data(), lengths.data(), formats.data(), kBinaryFormat);
  } else {
    sent = PQsendQueryPrepared(connection_.get(), statement.name, params.size(), values.data(),
                               lengths.data(), formats.data(), kBinaryFormat);
  }
  if (sent != 1) lose_connection("a statement could not be sent");
}

void PgSession::prepare(const PgStatement& statement, const PgParams& params) {
  const auto oids = oids_of(params);
  if (PQsendPrepare(connection_.get(), statement.name, statement.sql, params.size(), oids.data()) !=
      1) {
    lose_connection("a statement could not be prepared");
  }
}

void PgSession::await(SocketWait wait, SteadyTime deadline) {
  switch (await_socket(PQsocket(connection_.get()), wait, deadline)) {
    case SocketState::kReady: return;
    case SocketState::kTimedOut: lose_connection("no answer from the database in time");
    case SocketState::kBroken: lose_connection("the database connection broke");
  }
}

void PgSession::sync_and_flush(SteadyTime deadline) {
  if (PQpipelineSync(connection_.get()) != 1) lose_connection("the database connection broke");
  while (true) {
    const int state = PQflush(connection_.get());
    if (state == 0) return;
    if (state < 0) lose_connection("the database connection broke");
    await(SocketWait::kWriting, deadline);
    // A server that is itself blocked on sending answers must be read from, or both wait for ever.
    if (PQconsumeInput(connection_.get()) != 1) lose_connection("the database connection broke");
  }
}

PgResult PgSession::next_result(SteadyTime deadline) {
  while (PQisBusy(connection_.get()) != 0) {
    await(SocketWait::kReading, deadline);
    if (PQconsumeInput(connection_.get()) != 1) lose_connection("the database connection broke");
  }
  return PgResult(PQgetResult(connection_.get()));
}

// A session that is to blame would fail its next statements as well, for ever.
void PgSession::raise(const PgError& error) {
  if (session_may_be_to_blame(error.sqlstate)) disconnect();
  try {
    raise_failure(error.sqlstate, error.message);
  } catch (const DatabaseRefusal& refusal) {
    if (refusal.hinders()) url_.server().refused(refusal.what());
    throw;
  }
}

// Asked once a connection: a composite type has another id in each database.
void PgSession::learn_row_types(std::span<const PgCall> calls) {
  for (const PgCall& call : calls) {
    for (const auto& parameter : call.params.all()) {
      const auto* rows = std::get_if<PgRows>(&parameter.value);
      if (rows == nullptr || row_types_.contains(rows->type())) continue;
      const auto id = execute(kRowType, PgParams().text(rows->type())).int8(0, 0);
      if (id == 0) {
        throw Unavailable(std::string("the database has no type ") + rows->type() +
                          "; run `orderflow migrate`");
      }
      row_types_.emplace(rows->type(), static_cast<std::uint32_t>(id));
    }
  }
}

std::vector<PgResult> PgSession::run(std::span<const PgCall> calls, bool in_transaction,
                                     CrashPoint unanswered) {
  connect();
  learn_row_types(calls);
  const SteadyTime deadline = deadline_after(options_.answer_timeout + kAnswerSlack);
  static const PgParams no_params;
  std::vector<Sent> sent;
  const auto send_one = [&](const PgStatement& statement, const PgParams& params, SentKind kind) {
    if (statement.name != nullptr && !prepared_.contains(statement.name) &&
        std::none_of(sent.begin(), sent.end(), [&](const Sent& s) {
          return s.kind == SentKind::kPrepare && std::string_view(s.name) == statement.name;
        })) {
      prepare(statement, params);
      sent.push_back({SentKind::kPrepare, statement.name});
    }
    send(statement, params);
    sent.push_back({kind, statement.name});
  };
  if (in_transaction) send_one(kBegin, no_params, SentKind::kBegin);
  for (const auto& call : calls) send_one(*call.statement, call.params, SentKind::kCall);
  if (in_transaction) send_one(kCommit, no_params, SentKind::kCommit);
  if (in_transaction) transaction_open_ = true;
  sync_and_flush(deadline);
  crash_point(unanswered);

  std::vector<PgResult> results;
  PGresult* failure = nullptr;
  const std::unique_ptr<PGresult*, void (*)(PGresult**)> clear_failure(
      &failure, [](PGresult** held) { PQclear(*held); });
  for (const Sent& item : sent) {
    PgResult result = next_result(deadline);
    PGresult* raw = result.result_.get();
    const auto status = PQresultStatus(raw);
    if (status == PGRES_FATAL_ERROR && PQstatus(connection_.get()) != CONNECTION_OK) {
      lose_connection("the database connection broke");
    }
    if (status == PGRES_FATAL_ERROR && failure == nullptr) {
      failure = result.result_.release();
    } else if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
      if (item.kind == SentKind::kPrepare) prepared_.insert(item.name);
      if (item.kind == SentKind::kCall) results.push_back(std::move(result));
    }
    (void)next_result(deadline);  // The null that ends each statement's results.
  }
  consume_to_sync(deadline);
  transaction_open_ = false;
  if (failure != nullptr) {
    const char* code = PQresultErrorField(failure, PG_DIAG_SQLSTATE);
    const PgError error{code == nullptr ? "" : code, first_line(PQresultErrorMessage(failure))};
    if (in_transaction && !session_may_be_to_blame(error.sqlstate)) roll_back();
    raise(error);
  }
  return results;
}

void PgSession::consume_to_sync(SteadyTime deadline) {
  // Bounded: the server sends exactly one sync answer, preceded by at most a stray error.
  for (int i = 0; i < 4; ++i) {
    const PgResult result = next_result(deadline);
    if (PQresultStatus(result.result_.get()) == PGRES_PIPELINE_SYNC) return;
  }
  lose_connection("the database answered out of step");
}

void PgSession::roll_back() {
  if (PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return;
  // The failed transaction block is still open in the server. Ending the session would do as well,
  // but a fenced owner will be back in a moment.
  static constexpr PgStatement kRollback{"rollback", "ROLLBACK"};
  try {
    const PgCall call{&kRollback, {}};
    (void)run({&call, 1}, false);
  } catch (const Unavailable&) {
    disconnect();
  }
}

PgResult PgSession::execute(const PgCall& call, CrashPoint unanswered) {
  auto results = run({&call, 1}, false, unanswered);
  return std::move(results.front());
}

std::vector<PgResult> PgSession::transaction(std::span<const PgCall> calls, CrashPoint unanswered) {
  return run(calls, true, unanswered);
}

void PgSession::run_script(const std::string& sql) {
  connect();
  const SteadyTime deadline = deadline_after(options_.answer_timeout + kAnswerSlack);
  std::optional<PgError> error;
  try {
    if (PQexitPipelineMode(connection_.get()) != 1) lose_connection("a session is out of step");
    error = run_simply(connection_.get(), sql, deadline);
    if (PQenterPipelineMode(connection_.get()) != 1) lose_connection("a session is out of step");
  } catch (const Unavailable&) {
    if (connection_ != nullptr) ++losses_;
    disconnect();
    throw;
  }
  if (error) raise(*error);
}

std::vector<PgResult> PgSession::read(std::span<const PgCall> calls) { return run(calls, false); }

}  // namespace orderflow::core
