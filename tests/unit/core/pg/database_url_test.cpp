#include "core/pg/database_url.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

std::string conninfo_of(const std::string& text) { return DatabaseUrl(text).conninfo(); }
std::string shown(const std::string& text) { return DatabaseUrl(text).shown(); }

TEST_CASE("every spelling of a database URL is understood") {
  CHECK(conninfo_of("postgres://u@h/d") == "postgresql://u@h/d");
  CHECK(conninfo_of("postgresql+asyncpg://u:p@h:1/d?sslmode=require") ==
        "postgresql://u:p@h:1/d?sslmode=require");
  CHECK(conninfo_of("host=h dbname=d") == "host=h dbname=d");
  CHECK_THROWS_AS(DatabaseUrl("nonsense"), BadConfiguration);
  CHECK_THROWS_AS(DatabaseUrl("mysql://u@h/d"), BadConfiguration);
}

std::string refusal_of(const std::string& text) {
  const auto url = DatabaseUrl::parse(text);
  return url ? "" : url.error();
}

TEST_CASE("other drivers' parameters are passed over by name, or refused by name") {
  for (const char* parameter : {"schema=public", "pgbouncer=true", "connection_limit=5",
                                "sc%68ema=public", "prepareThreshold=0"}) {
    INFO(parameter);
    const DatabaseUrl url(std::string("postgresql://u@h/d?sslmode=require&") + parameter +
                          "&application_name=x");
    CHECK(url.conninfo() == "postgresql://u@h/d?sslmode=require&application_name=x");
    CHECK(url.warnings().size() == 1);
  }
  CHECK(DatabaseUrl("postgresql://u@h/d?schema=public").conninfo() == "postgresql://u@h/d");
  CHECK(
      DatabaseUrl("postgresql://u@h/d?schema=a&pool_size=3").warnings().front().find("'schema'") !=
      std::string::npos);
  // These would change who can read along.
  for (const char* parameter : {"ssl=require", "ssl=1", "sslmode=no-verify", "sslaccept=strict",
                                "ssl_mode=required", "sslmod=require"}) {
    INFO(parameter);
    const auto why = refusal_of(std::string("postgresql://u:hunter2@h/d?") + parameter);
    CHECK(why.find("sslmode") != std::string::npos);
    CHECK(why.find("hunter2") == std::string::npos);
  }
  CHECK(refusal_of("postgresql://u@h/d?ssl=true").empty());
  CHECK_FALSE(refusal_of("host=h schema=public").empty());
  CHECK(refusal_of("postgresql://u@h/d?replication=database").find("replication") !=
        std::string::npos);
  CHECK_FALSE(refusal_of("host=h sslmode=no-verify").empty());
  CHECK_FALSE(refusal_of("host=a,b target_session_attrs=standby").empty());
}

TEST_CASE("question marks in a password are no query, schemes in one no URL") {
  CHECK(DatabaseUrl("postgresql://u:a?b=c@h/d").parameter("password") == "a?b=c");
  CHECK(DatabaseUrl("host=h password=a://b").parameter("password") == "a://b");
}

TEST_CASE("the hosts of a URL keep their own ports") {
  using Hosts = std::vector<PgHost>;
  CHECK(DatabaseUrl("postgresql://u@a:1,b:2/d").hosts() == Hosts{{"a", "", "1"}, {"b", "", "2"}});
  CHECK(DatabaseUrl("host=a,b port=7").hosts() == Hosts{{"a", "", "7"}, {"b", "", "7"}});
  CHECK(DatabaseUrl("hostaddr=1.1.1.1,2.2.2.2").hosts() ==
        Hosts{{"", "1.1.1.1", ""}, {"", "2.2.2.2", ""}});
  CHECK(DatabaseUrl("host=a").hosts() == Hosts{{"a", "", ""}});
  CHECK(DatabaseUrl("dbname=d").hosts().empty());
}

TEST_CASE("what cannot be a place is refused, a Unix socket's folder is one") {
  for (const char* wrong : {"host=h port=port", "host=h port=0", "host=h port=99999",
                            "host=a,b port=1,x", "host=h connect_timeout=abc", "host=a/b"}) {
    INFO(wrong);
    CHECK_FALSE(refusal_of(wrong).empty());
  }
  for (const char* right : {"host=/var/run/postgresql", "host=@abstract", "host=a,b port=1,2",
                            "postgresql:///d?host=/tmp", "postgresql://%2Ftmp/d", "host=h port=1",
                            "host=h dbname='a@b'", "host=h connect_timeout=3"}) {
    INFO(right);
    CHECK(refusal_of(right).empty());
  }
  CHECK(DatabaseUrl("postgresql://u@h/d\n").parameter("dbname") == "d");
}

TEST_CASE("a parameter can be taken out of either spelling") {
  CHECK(DatabaseUrl("postgres://u:hunter2@h/d").without("password").conninfo() ==
        "user=u dbname=d host=h");
  CHECK(DatabaseUrl("host=h password='a b' user=u").without("password").conninfo() ==
        "user=u host=h");
  CHECK(DatabaseUrl("host=h").without("password").conninfo() == "host=h");
}

TEST_CASE("a database password never shows, however it is written") {
  for (const char* url :
       {"postgresql://u:hunter2@h:5432/d?sslmode=require", "postgresql://u@h/d?password=hunter2",
        "postgresql://u@h/d?sslpassword=hunter2&pass%77ord=hunter2",
        R"(host=h password='it\'s hunter2' user=u)", R"(host=h password=a\ hunter2 user=u)",
        "host=h password = hunter2", "host=h password='hunter2' user=u",
        "host=h options='-c app.key=hunter2'", "host=h password=hunter2://x user=u",
        "host=h password='a b://hunter2' sslpassword=hunter2"}) {
    INFO(url);
    CHECK(shown(url).find("hunter2") == std::string::npos);
  }
  for (const char* unreadable : {"postgresql://u:hunter2@h/d?not-an-option=1",
                                 "host=h password=a hunter2", "postgresql://u:hunter2@[h/d",
                                 "postgresql://u:a/b?hunter2@h/d", "host=h password=a hunter2=b"}) {
    INFO(unreadable);
    CHECK_FALSE(refusal_of(unreadable).empty());
    CHECK(refusal_of(unreadable).find("hunter2") == std::string::npos);
  }
  // libpq takes parts of these passwords for hosts, ports and databases.
  for (const char* misread :
       {"postgres://u:hun/ter2@h/d", "postgresql://u:x@hunter2@h/d", "postgresql://u:1/hunter2@h/d",
        "postgresql://u:hunter2/x@h/d", "postgresql://u:a/b@hunter2:1/d",
        "postgresql://u:x@hunter2/y@h:5432/d", "postgresql://u@h:hunter2/d"}) {
    INFO(misread);
    CHECK(refusal_of(misread).find("%40") != std::string::npos);
    CHECK(refusal_of(misread).find("ter2") == std::string::npos);
  }
  CHECK(shown("postgresql://u:x%40hunter2%2F@h:5432/d") ==
        "user=u password=*** dbname=d host=h port=5432");
  CHECK(shown("postgresql://u@h:5432/d") == "user=u dbname=d host=h port=5432");
  CHECK(shown(R"(host=a\ password=b dbname='it\'s')") == R"(dbname='it\'s' host='a password=b')");
}

}  // namespace
}  // namespace orderflow::core
