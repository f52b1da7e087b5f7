// What a database, a role or a URL may have set for sessions changes nothing; what a database must
// be is said at once.
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/pg/database_check.hpp"
#include "core/pg/session.hpp"
#include "core/pg/transaction.hpp"
#include "schemas/migrate.hpp"
#include "tests/support/database.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/settings.hpp"

namespace orderflow::testing {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

std::string server_url() { return required_variable("ORDERFLOW_TEST_DATABASE_URL"); }

// The name is the first of a scratch database's own; `options` as CREATE DATABASE takes them.
class ScratchDatabase {
 public:
  explicit ScratchDatabase(const std::string& options)
      : server_(server_url()), name_("orderflow_scratch_" + std::to_string(::getpid())) {
    server_.execute("CREATE DATABASE " + name_ + " " + options);
  }
  ~ScratchDatabase() { server_.execute("DROP DATABASE " + name_ + " WITH (FORCE)"); }
  ScratchDatabase(const ScratchDatabase&) = delete;
  ScratchDatabase& operator=(const ScratchDatabase&) = delete;

  [[nodiscard]] std::string url() const { return with_database(server_url(), name_); }

 private:
  Database server_;
  std::string name_;
};

struct Hostile {
  const char* name;
  const char* value;
};

constexpr Hostile kHostile[] = {
    {"DateStyle", "German"},
    {"IntervalStyle", "sql_standard"},
    {"TimeZone", "Asia/Tokyo"},
    {"client_encoding", "LATIN1"},
    {"search_path", "nowhere"},
    {"bytea_output", "escape"},
    {"extra_float_digits", "-15"},
    {"standard_conforming_strings", "off"},
    {"default_transaction_isolation", "serializable"},
    {"default_transaction_deferrable", "on"},
    {"synchronous_commit", "off"},
    {"client_min_messages", "debug5"},
    {"plan_cache_mode", "force_custom_plan"},
    {"jit", "on"},
    {"statement_timeout", "1ms"},
    {"lock_timeout", "1ms"},
    {"idle_in_transaction_session_timeout", "1ms"},
    {"idle_session_timeout", "1ms"},
    {"row_security", "off"},
    {"role", "pg_monitor"},
    {"transform_null_equals", "on"},
};

std::vector<std::string> settings_seen_at(const std::string& url) {
  core::PgSession session{core::DatabaseUrl(url), {.application_name = "test"}};
  std::vector<std::string> seen;
  for (const auto& setting : kHostile) {
    const std::string ask = std::string("SELECT current_setting('") + setting.name + "')";
    seen.push_back(std::string(setting.name) + " = " +
                   std::string(session.execute({nullptr, ask.c_str()}, {}).text(0, 0)));
  }
  return seen;
}

TEST_CASE("what a database sets for its sessions changes nothing in ours", "[sessions]") {
  const TestDatabase plain(server_url());
  const TestDatabase hostile(server_url());
  const auto before = settings_seen_at(plain.url());
  const auto name = Database(hostile.url()).text("SELECT current_database()");
  const Database administrator(server_url());
  for (const auto& setting : kHostile) {
    administrator.execute("ALTER DATABASE " + name + " SET " + setting.name + " = '" +
                          setting.value + "'");
  }
  CHECK(settings_seen_at(hostile.url()) == before);
  // Nor what the person's URL says.
  CHECK(settings_seen_at(plain.url() + " options='-c DateStyle=German -c search_path=x'") ==
        before);
}

int migrate(const std::string& url) {
  core::Logger logger("test", core::LogLevel::kError);
  return schemas::run_migrate(settings_from({{"DATABASE_URL", url}}), logger);
}

TEST_CASE("a database that is not in UTF8 is refused at migrate", "[sessions]") {
  const ScratchDatabase database(
      "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
  CHECK_THROWS_MATCHES(
      migrate(database.url()), core::BadConfiguration,
      MessageMatches(ContainsSubstring("SQL_ASCII") && ContainsSubstring("UTF8 is needed")));
}

TEST_CASE("a database that takes no writes is refused at migrate", "[sessions]") {
  const TestDatabase database(server_url());
  const auto name = Database(database.url()).text("SELECT current_database()");
  Database(server_url())
      .execute("ALTER DATABASE " + name + " SET default_transaction_read_only = on");
  CHECK_THROWS_MATCHES(migrate(database.url()), core::BadConfiguration,
                       MessageMatches(ContainsSubstring("default_transaction_read_only")));
}

TEST_CASE("a login that fails is refused at once, with what to look at", "[sessions]") {
  CHECK_THROWS_MATCHES(migrate(with_database(server_url(), "no_such_database")),
                       core::BadConfiguration, MessageMatches(ContainsSubstring("createdb")));
  CHECK_THROWS_MATCHES(migrate(server_url() + "?user=nobody_here"), core::BadConfiguration,
                       MessageMatches(ContainsSubstring("nobody_here")));
}

// How many of three tries fail with Unavailable.
int failures_of(const std::function<void()>& act) {
  int failures = 0;
  for (int i = 0; i < 3; ++i) {
    try {
      act();
    } catch (const core::Unavailable&) {
      ++failures;
    }
  }
  return failures;
}

TEST_CASE("a session whose plans or types are no longer those of the database fails once",
          "[sessions]") {
  const TestDatabase database(server_url());
  const Database administrator(database.url());
  administrator.execute("CREATE TABLE t (n int, word text)");
  administrator.execute("CREATE TYPE pair AS (n int, word text)");
  core::PgSession session{core::DatabaseUrl(database.url()), {.application_name = "test"}};
  static constexpr core::PgStatement kRead{"read", "SELECT word FROM public.t"};
  static constexpr core::PgStatement kInsert{
      "insert", "INSERT INTO public.t SELECT * FROM unnest($1::public.pair[])"};
  const auto read = [&] { (void)session.execute(kRead); };
  const auto insert = [&] {
    core::PgRows rows("public.pair", 2);
    rows.row().add(std::int32_t{1}).add("x");
    (void)session.execute(kInsert, core::PgParams().rows(std::move(rows)));
  };
  REQUIRE(failures_of(read) == 0);
  REQUIRE(failures_of(insert) == 0);
  administrator.execute("ALTER TABLE t ALTER word TYPE varchar(3)");
  CHECK(failures_of(read) == 1);
  REQUIRE(failures_of(insert) == 0);
  administrator.execute("DROP TYPE pair");
  administrator.execute("CREATE TYPE pair AS (n int, word text)");
  CHECK(failures_of(insert) == 1);
}

TEST_CASE("a session that began while the database took no writes is not kept", "[sessions]") {
  const TestDatabase database(server_url());
  const Database administrator(database.url());
  administrator.execute("CREATE TABLE t (n int)");
  const auto name = administrator.text("SELECT current_database()");
  const auto hold = [&](const char* value) {
    Database(server_url())
        .execute("ALTER DATABASE " + name + " SET default_transaction_read_only = " + value);
  };
  hold("on");
  const core::DatabaseUrl url(database.url());
  core::PgSession session{url, {.application_name = "test"}};
  session.connect();
  core::DatabaseCheck check(url, {.application_name = "test"});
  CHECK(check.problem().value_or("").find("default_transaction_read_only") != std::string::npos);
  hold("off");
  CHECK_FALSE(check.problem());
  static constexpr core::PgStatement kWrite{"write", "INSERT INTO public.t VALUES (1)"};
  CHECK(failures_of([&] { (void)session.execute(kWrite); }) == 1);
}

TEST_CASE("a script runs in the transaction that has begun", "[sessions]") {
  const TestDatabase database(server_url());
  core::PgSession session{core::DatabaseUrl(database.url()), {.application_name = "test"}};
  {
    core::PgTransaction transaction(session);
    session.run_script("CREATE SCHEMA s; CREATE TABLE s.t (n int); INSERT INTO s.t VALUES (1)");
  }
  CHECK(Database(database.url()).text("SELECT to_regclass('s.t')").empty());
  core::PgTransaction transaction(session);
  session.run_script("CREATE SCHEMA s; CREATE TABLE s.t (n int); INSERT INTO s.t VALUES (1)");
  CHECK_THROWS_AS(session.run_script("INSERT INTO s.t VALUES (1/0)"), core::DataError);
  CHECK_THROWS_AS(transaction.commit(), core::Unavailable);
}

}  // namespace
}  // namespace orderflow::testing
