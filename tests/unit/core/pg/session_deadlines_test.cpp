// A server that is mute, slow or answers byte by byte, at any moment of the protocol, hangs nobody.
#include <array>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "core/pg/session.hpp"
#include "core/pg/transaction.hpp"
#include "tests/support/scripted_postgres.hpp"

namespace orderflow::core {
namespace {

using namespace std::chrono_literals;
using testing::PgClient;
using testing::ScriptedPostgres;

constexpr PgStatement kOne{"one", "SELECT 1"};

PgSessionOptions impatient() {
  return {.application_name = "test",
          .role = "orderflow_orders",
          .answer_timeout = 100ms,
          .set_up_timeout = 200ms};
}

struct Misfortune {
  const char* what;
  std::function<void(PgClient&)> script;
  const char* parameters = "sslmode=disable";
};

// A message that announces a megabyte more than ever comes.
std::string endless(char type) { return type + std::string("\0\x10\0\0", 4); }

const Misfortune kMisfortunes[] = {
    {"mute from the first byte on", [](PgClient& client) { client.stay_mute(); }},
    {"deaf from the first byte on", [](PgClient& client) { client.stay_deaf(); }},
    {"mute when asked for encryption", [](PgClient& client) { client.stay_mute(); },
     "sslmode=prefer"},
    {"mute in the TLS handshake",
     [](PgClient& client) {
       client.say("S");
       client.stay_mute();
     },
     "sslmode=require"},
    {"drips the TLS handshake",
     [](PgClient& client) {
       client.say("S");
       client.drip(std::string("\x16\x03\x03\x3f\xff", 5) + std::string(100'000, 'x'));
     },
     "sslmode=require"},
    {"mute when told who we are",
     [](PgClient& client) {
       (void)client.hear_start();
       client.stay_mute();
     }},
    {"mute after it asked for the password",
     [](PgClient& client) {
       (void)client.hear_start();
       client.say(testing::pg_message('R', {"\0\0\0\3", 4}));
       client.stay_mute();
     }},
    {"mute before it is ready",
     [](PgClient& client) {
       (void)client.hear_start();
       client.say(testing::pg_authentication_ok());
       client.stay_mute();
     }},
    {"drips notices without end before it is ready",
     [](PgClient& client) {
       (void)client.hear_start();
       client.say(testing::pg_authentication_ok());
       client.drip(testing::pg_parameter("a", "b"));
     }},
    {"drips a refusal without end",
     [](PgClient& client) {
       (void)client.hear_start();
       client.say(endless('E'));
       client.drip("x");
     }},
    {"mute when told the settings",
     [](PgClient& client) {
       (void)client.hear_start();
       client.say(testing::pg_authentication_ok() + std::string(testing::kPgReady));
       client.stay_mute();
     }},
    {"mute once it is ready",
     [](PgClient& client) {
       client.welcome();
       client.stay_mute();
     }},
    {"deaf once it is ready",
     [](PgClient& client) {
       client.welcome();
       client.stay_deaf();
     }},
    {"mute in the middle of an answer",
     [](PgClient& client) {
       client.welcome();
       client.hear_message('S');
       client.say(testing::pg_message('1', "") + endless('D'));
       client.stay_mute();
     }},
    {"drips an answer without end",
     [](PgClient& client) {
       client.welcome();
       client.hear_message('S');
       client.say(testing::pg_message('1', "") + endless('D'));
       client.drip("x");
     }},
    {"drips parameters without end instead of an answer",
     [](PgClient& client) {
       client.welcome();
       client.hear_message('S');
       client.drip(testing::pg_parameter("a", "b"));
     }},
    {"mute where the pipeline ends",
     [](PgClient& client) {
       client.welcome();
       client.hear_message('S');
       client.say(testing::pg_message('1', "") + testing::pg_answer({"x"}));
       client.stay_mute();
     }},
    {"leaves at once", [](PgClient&) {}},
    {"speaks another protocol",
     [](PgClient& client) {
       client.say("HTTP/1.1 400 Bad Request\r\n\r\n");
       client.stay_mute();
     }},
};

// What a session does that meets it; empty: what it should.
std::string complaint_of(const Misfortune& misfortune) {
  const ScriptedPostgres server(misfortune.script);
  PgSession session(DatabaseUrl(server.url(misfortune.parameters)), impatient());
  // More than any buffer in between holds.
  const PgParams large = PgParams().text(std::string(16 << 20, 'x'));
  const std::pair<const char*, std::function<void()>> calls[] = {
      {"a statement", [&] { (void)session.execute(kOne); }},
      {"a large parameter", [&] { (void)session.execute({nullptr, "SELECT length($1)"}, large); }},
      {"a transaction", [&] { const PgTransaction transaction(session); }}};
  for (const auto& [name, call] : calls) {
    try {
      call();
      return std::string(name) + " succeeded";
    } catch (const Unavailable&) {
      if (session.backend_pid() != 0) return std::string(name) + " left a broken connection";
    } catch (const std::exception& error) {
      return std::string(name) + " failed otherwise: " + error.what();
    }
  }
  return {};
}

TEST_CASE("a database that does not go on keeps nobody waiting, at any moment of the protocol") {
  std::array<std::string, std::size(kMisfortunes)> complaints;
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < complaints.size(); ++i) {
      threads.emplace_back([&, i] { complaints[i] = complaint_of(kMisfortunes[i]); });
    }
  }
  for (std::size_t i = 0; i < complaints.size(); ++i) {
    INFO(kMisfortunes[i].what << ": " << complaints[i]);
    CHECK(complaints[i].empty());
  }
}

TEST_CASE("a refused session names the reason, and whether a person must mend it") {
  struct Refusal {
    const char* sqlstate;
    const char* words;
    const char* remedy;
    bool lasting;
  };
  for (const auto& refusal :
       {Refusal{"28P01", "password authentication failed for user \"u\"", "DATABASE_URL", true},
        Refusal{"3D000", "database \"d\" does not exist", "createdb", true},
        Refusal{"08P01", "unsupported startup parameter: options", "ignore_startup_parameters",
                true},
        Refusal{"08P01", "password authentication failed", "user and password", true},
        Refusal{"08P01", "no such user: u", "user and password", true},
        Refusal{"08P01", "database \"d\" does not exist", "createdb", true},
        Refusal{"08P01", "no more connections allowed (max_client_conn)", "max_connections", false},
        Refusal{"08P01", "query_wait_timeout", "default_pool_size", false},
        Refusal{"42704", "unrecognized configuration parameter \"x\"", "`options`", true},
        Refusal{"53300", "sorry, too many clients already", "max_connections", false},
        Refusal{"57P03", "the database system is starting up", "starting", false},
        Refusal{"55000", "database \"d\" is not currently accepting connections",
                "ALLOW_CONNECTIONS", true},
        Refusal{"42501", "permission denied for database \"d\"", "GRANT CONNECT", true}}) {
    INFO(refusal.sqlstate);
    const ScriptedPostgres server([&](PgClient& client) {
      (void)client.hear_start();
      client.say(testing::pg_error(refusal.sqlstate, refusal.words));
    });
    const DatabaseUrl url(server.url());
    PgSession session(url, impatient());
    try {
      session.connect();
      FAIL("a session was set up");
    } catch (const DatabaseRefusal& refused) {
      const std::string what = refused.what();
      INFO(what);
      CHECK(refused.sqlstate() == refusal.sqlstate);
      CHECK(refused.lasting() == refusal.lasting);
      CHECK(what.find(refusal.words) != std::string::npos);
      CHECK(what.find(refusal.remedy) != std::string::npos);
      // Readiness, whose own session was set up before, hears of it, unless it is soon over.
      const bool told = url.server().refusal_within(std::chrono::hours{1}).has_value();
      CHECK(told == (std::string_view(refusal.sqlstate) != "57P03"));
    }
  }
}

TEST_CASE("what libpq itself refuses is refused at once, with what to look at") {
  const ScriptedPostgres server([](PgClient& client) {
    (void)client.hear_start();
    client.say(testing::pg_message('R', {"\0\0\0\3", 4}));  // Asks for the password.
    client.stay_mute();
  });
  const std::string port = std::to_string(server.port());
  const std::string at = "postgresql://u@127.0.0.1:" + port + "/d?gssencmode=disable&";
  for (const auto& [url, words, remedy] :
       {std::tuple{at + "sslmode=disable&passfile=/nowhere", "no password", "DATABASE_URL"},
        {at + "sslmode=require", "does not support SSL", "sslmode"},
        {at + "sslmode=disable&password=p&channel_binding=require", "channel binding",
         "channel_binding"},
        {at + "service=nowhere", "\"nowhere\" not found", "service file"},
        {at + "ssl_min_protocol_version=TLSv9", "TLSv9", "DATABASE_URL"},
        {"postgresql://u@127.0.0.1:" + port + "/d?gssencmode=require", "GSSAPI", "gssencmode"}}) {
    INFO(url);
    PgSession session(DatabaseUrl(url), impatient());
    try {
      session.connect();
      FAIL("a session was set up");
    } catch (const DatabaseRefusal& refused) {
      const std::string what = refused.what();
      INFO(what);
      CHECK(refused.lasting());
      CHECK(what.find(words) != std::string::npos);
      CHECK(what.find(remedy) != std::string::npos);
    }
  }
}

TEST_CASE("a session that is not set up in time is told to readiness until one is") {
  std::atomic<bool> full{true};
  const ScriptedPostgres server([&](PgClient& client) {
    if (!full) return client.welcome();
    (void)client.hear_start();
    client.say(testing::pg_authentication_ok() + std::string(testing::kPgReady));
    client.stay_mute();  // As a pooler does that has no session left.
  });
  const DatabaseUrl url(server.url());
  const auto told = [&] { return url.server().refusal_within(0s).value_or(""); };
  PgSession session(url, impatient());
  CHECK_THROWS_AS(session.connect(), Unavailable);
  CHECK(told().find("default_pool_size") != std::string::npos);
  full = false;
  session.connect();
  CHECK(told().empty());
}

TEST_CASE("a session that may be to blame for an error is replaced, another one is kept") {
  struct Case {
    const char* sqlstate;
    bool replaced;
  };
  for (const auto& [sqlstate, replaced] :
       {Case{"0A000", true},   // cached plan must not change result type
        Case{"XX000", true},   // cache lookup failed for type
        Case{"26000", true},   // prepared statement does not exist
        Case{"42P05", true},   // prepared statement already exists
        Case{"42704", true},   // type with OID does not exist
        Case{"42804", true},   // wrong number of columns
        Case{"25006", true},   // cannot execute INSERT in a read-only transaction
        Case{"42501", true},   // permission denied
        Case{"22003", false},  // integer out of range
        Case{"23505", false},  // duplicate key
        Case{"40001", false},  // could not serialize access
        Case{"55P03", false},  // lock timeout
        Case{"57014", false},  // statement timeout
        Case{"53100", false},  // disk full
        Case{"OF001", false}}) {
    INFO(sqlstate);
    const ScriptedPostgres server([&](PgClient& client) {
      client.welcome();
      while (true) {
        client.hear_message('S');
        client.say(testing::pg_error(sqlstate, "no") + std::string(testing::kPgReady));
      }
    });
    PgSession session(DatabaseUrl(server.url()),
                      {.application_name = "test", .answer_timeout = 2s, .set_up_timeout = 2s});
    CHECK_THROWS(session.execute(kOne));
    CHECK_THROWS(session.transaction({}));
    CHECK(server.clients() == (replaced ? 2 : 1));
  }
}

TEST_CASE("a session without the role that is not there stays with its login") {
  const ScriptedPostgres server([](PgClient& client) {
    const std::string start = client.hear_start();
    if (start.find("role=orderflow_orders") != std::string::npos) {
      client.say(testing::pg_error("22023", "role \"orderflow_orders\" does not exist"));
      return;
    }
    client.say(testing::pg_authentication_ok() + std::string(testing::kPgReady));
    client.take_settings();
    client.stay_mute();
  });
  PgSession session(DatabaseUrl(server.url()), impatient());
  session.connect();
  CHECK(server.clients() == 2);
}

// One of several hosts, which says what it is.
std::function<void(PgClient&)> host(bool standby, bool read_only) {
  return [=](PgClient& client) {
    (void)client.hear_start();
    client.say(testing::pg_authentication_ok() + testing::pg_parameter("server_version", "15.0") +
               testing::pg_parameter("in_hot_standby", standby ? "on" : "off") +
               testing::pg_parameter("default_transaction_read_only", read_only ? "on" : "off") +
               std::string(testing::kPgReady));
    client.take_settings();
    client.stay_mute();
  };
}

DatabaseUrl url_of(const ScriptedPostgres& one, const ScriptedPostgres& other) {
  return DatabaseUrl("postgresql://u@127.0.0.1:" + std::to_string(one.port()) + ",127.0.0.1:" +
                     std::to_string(other.port()) + "/d?sslmode=disable&gssencmode=disable");
}

TEST_CASE("of several hosts the one that takes writes is used") {
  const ScriptedPostgres standby(host(true, false));
  const ScriptedPostgres held(host(false, true));
  const ScriptedPostgres good(host(false, false));
  for (const auto* other : {&standby, &held}) {
    const DatabaseUrl url = url_of(*other, good);
    PgSession session(url, impatient());
    session.connect();
    CHECK(url.server().answering_host() == 1);
  }
  // While none takes writes, the primary serves reads; a standby may be behind.
  PgSession reader(url_of(held, standby), impatient());
  reader.connect();
  PgSession nobody(url_of(standby, standby), impatient());
  try {
    nobody.connect();
    FAIL("a standby was used");
  } catch (const DatabaseRefusal& refused) {
    CHECK(std::string(refused.what()).find("takes no writes") != std::string::npos);
    CHECK_FALSE(refused.lasting());
  }
}

TEST_CASE("of several hosts a mute one costs its share once, whoever asks") {
  const ScriptedPostgres mute([](PgClient& client) { client.stay_mute(); });
  const ScriptedPostgres good(host(false, false));
  const DatabaseUrl url = url_of(mute, good);
  PgSession first(url, impatient());
  PgSession second(url, impatient());
  first.connect();
  CHECK(mute.clients() == 1);
  second.connect();
  CHECK(good.clients() == 2);
  CHECK(mute.clients() == 1);
}

}  // namespace
}  // namespace orderflow::core
