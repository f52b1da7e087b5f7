#include "core/pg/database_check.hpp"

#include <array>

#include "core/pg/transaction.hpp"

namespace orderflow::core {
namespace {

constexpr std::int32_t kOldestVersion = 150'000;
// Writing is cheap, yet counted by the server among its temporary files.
constexpr std::uint64_t kLooksBetweenWrites = 5;
constexpr Duration kRefusalCounts = std::chrono::seconds{3};

constexpr PgStatement kReadFacts{
    "database_facts",
    "SELECT current_setting('server_version_num')::int4, current_setting('server_version'), "
    "current_setting('server_encoding'), pg_is_in_recovery(), "
    "current_setting('transaction_read_only') = 'on', pg_backend_pid()"};
constexpr PgStatement kReadBackend{"backend_pid", "SELECT pg_backend_pid()"};
// More than its memory holds is written to a file, which takes room on the disk like any other: the
// one way to ask for some that leaves nothing behind and that a read-only session may go.
constexpr PgStatement kLittleMemory{"little_memory", "SET LOCAL work_mem = '64kB'"};
constexpr PgStatement kWriteFile{
    "write_file",
    "WITH filler AS MATERIALIZED (SELECT repeat('x', 262144) AS bytes) "
    "SELECT length(bytes) FROM filler"};

}  // namespace

DatabaseCheck::DatabaseCheck(const DatabaseUrl& url, PgSessionOptions options)
    : url_(url), session_(url, options), other_(url, std::move(options)) {}

std::optional<std::string> DatabaseCheck::problem() {
  const PgResult facts = session_.execute(kReadFacts);
  if (facts.int4(0, 0) < kOldestVersion) {
    return "PostgreSQL " + std::string(facts.text(0, 1)) + " is too old; 15 or newer is needed";
  }
  if (facts.text(0, 2) != "UTF8") {
    return "the database's encoding is " + std::string(facts.text(0, 2)) +
           ", UTF8 is needed; make another one with createdb --encoding=UTF8 --template=template0";
  }
  // Another one may take over without an end of this session.
  if (facts.boolean(0, 3) || facts.boolean(0, 4)) session_.disconnect();
  if (facts.boolean(0, 3)) {
    return "the database is a standby and takes no writes; name the primary in DATABASE_URL, or "
           "both";
  }
  if (facts.boolean(0, 4)) {
    return "the database takes no writes; set default_transaction_read_only to off once that was "
           "meant to end";
  }
  if (facts.int4(0, 5) != session_.backend_pid() && changes_sessions()) {
    return "a connection pooler changes sessions between transactions; connect to PostgreSQL "
           "itself, or use session pooling (PgBouncer: pool_mode = session)";
  }
  require_room_on_disk();
  return url_.server().refusal_within(kRefusalCounts);
}

void DatabaseCheck::require_room_on_disk() {
  if (!disk_was_full_ && looks_++ % kLooksBetweenWrites != 0) return;
  const std::array<PgCall, 2> temporary_file{{{&kLittleMemory, {}}, {&kWriteFile, {}}}};
  try {
    (void)session_.transaction(temporary_file);
    disk_was_full_ = false;
  } catch (const DatabaseRefusal& refusal) {
    disk_was_full_ = refusal.sqlstate() == "53100";
    if (disk_was_full_) throw;
    // Something else than the disk forbids temporary files (temp_file_limit).
  }
}

// Behind a pooler, the session of one connection must stay its own while another one is busy.
bool DatabaseCheck::changes_sessions() {
  const std::int32_t before = session_.execute(kReadBackend).int4(0, 0);
  PgTransaction busy(other_);
  const std::int32_t taken = busy.execute(kReadBackend).int4(0, 0);
  const std::int32_t after = session_.execute(kReadBackend).int4(0, 0);
  return taken == before || after != before;
}

}  // namespace orderflow::core
