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

TEST_CASE("a parameter goes into either spelling") {
  CHECK(DatabaseUrl("postgres://u@h/d").with("connect_timeout", "5").shown() ==
        "user=u connect_timeout=5 dbname=d host=h");
  CHECK(DatabaseUrl("postgres://u@h/d?sslmode=require").with("connect_timeout", "5").shown() ==
        "user=u connect_timeout=5 dbname=d host=h sslmode=require");
  CHECK(DatabaseUrl("host=h dbname=d").with("connect_timeout", "5").shown() ==
        "connect_timeout=5 dbname=d host=h");
}

TEST_CASE("a database password never shows, however it is written") {
  for (const char* url :
       {"postgresql://u:hunter2@h:5432/d?sslmode=require", "postgresql://u@h/d?password=hunter2",
        "postgresql://u@h/d?sslpassword=hunter2&pass%77ord=hunter2",
        R"(host=h password='it\'s hunter2' user=u)", R"(host=h password=a\ hunter2 user=u)",
        "host=h password = hunter2", "host=h password='hunter2' user=u",
        "postgresql://u:hunter2@h/d?not-an-option=1"}) {
    INFO(url);
    CHECK(shown(url).find("hunter2") == std::string::npos);
  }
  CHECK(shown("postgresql://u@h:5432/d") == "user=u dbname=d host=h port=5432");
  CHECK(shown(R"(host=a\ password=b dbname='it\'s')") == R"(dbname='it\'s' host='a password=b')");
}

}  // namespace
}  // namespace orderflow::core
