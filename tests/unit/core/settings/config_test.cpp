#include "core/settings/config.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/values/failure.hpp"

namespace orderflow::core {

using Environment = std::map<std::string, std::string>;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

TEST_CASE("flags win over environment, environment over file, file over defaults") {
  const auto path = std::filesystem::temp_directory_path() /
                    ("orderflow-config-" + std::to_string(std::hash<std::string>{}(__FILE__)));
  std::ofstream(path) << "# a comment\nORDERFLOW_HTTP_PORT=1111\nLOG_LEVEL=debug\n";
  const Environment environment{{"ORDERFLOW_CONFIG", path.string()},
                                {"ORDERFLOW_HTTP_PORT", "2222"}};
  const std::vector<std::string> flags{"--http-port=3333"};
  CHECK(Config::load({}, environment).integer("http-port") == 2222);
  CHECK(Config::load({}, environment).text("log-level") == "debug");
  CHECK(Config::load(flags, environment).integer("http-port") == 3333);
  CHECK(Config::load({}, {}).integer("http-port") == 8080);
  std::filesystem::remove(path);
}

TEST_CASE("every wrong setting is named together with the remedy") {
  struct Case {
    Environment environment;
    const char* expected;
  };
  const Case cases[] = {
      {{{"ORDERFLOW_HTTP_PORT", "eighty"}}, "ORDERFLOW_HTTP_PORT is 'eighty'"},
      {{{"ORDERFLOW_HTTP_PORT", "70000"}}, "from 0 to 65535"},
      {{{"PAYMENT_SUCCESS_RATE", "1.5"}}, "PAYMENT_SUCCESS_RATE"},
      {{{"PAYMENT_SUCCESS_RATE", "nan"}}, "PAYMENT_SUCCESS_RATE"},
      {{{"ORDERFLOW_PARTITIONS", "6"}}, "power of two"},
      {{{"ORDER_CONSUMER_BACKOFF_INITIAL", "soon"}}, "such as 250ms"},
      {{{"DATABASE_URL", "mysql://x"}}, "needs PostgreSQL"},
      {{{"ORDERFLOW_CONFIG", "/does/not/exist"}}, "cannot be read"},
  };
  for (const auto& one : cases) {
    INFO(one.expected);
    CHECK_THROWS_MATCHES(Config::load({}, one.environment), BadConfiguration,
                         MessageMatches(ContainsSubstring(one.expected)));
  }
  const std::vector<std::string> typo{"--htttp-port=1"};
  CHECK_THROWS_MATCHES(Config::load(typo, {}), BadConfiguration,
                       MessageMatches(ContainsSubstring("unknown flag --htttp-port")));
}

TEST_CASE("durations have units; a plain number means seconds") {
  const auto with = [](const char* value) {
    return Config::load({}, {{"ORDERFLOW_PAYMENT_TIMEOUT", value}}).duration("payment-timeout");
  };
  CHECK(with("250ms") == std::chrono::milliseconds{250});
  CHECK(with("3s") == std::chrono::seconds{3});
  CHECK(with("2m") == std::chrono::minutes{2});
  CHECK(with("1.5") == std::chrono::milliseconds{1500});
}

TEST_CASE("every spelling of a database URL is understood") {
  CHECK(normalize_database_url("postgres://u@h/d") == "postgresql://u@h/d");
  CHECK(normalize_database_url("postgresql+asyncpg://u:p@h:1/d?sslmode=require") ==
        "postgresql://u:p@h:1/d?sslmode=require");
  CHECK(normalize_database_url("host=h dbname=d") == "host=h dbname=d");
  CHECK_THROWS_AS(normalize_database_url("nonsense"), BadConfiguration);
}

TEST_CASE("secrets never show") {
  const auto config = Config::load({}, {{"DATABASE_URL", "postgres://u:hunter2@h/d"},
                                        {"INTERNAL_API_KEY", "hunter2"},
                                        {"ORDERFLOW_KAFKA_SASL_PASSWORD", "hunter2"}});
  CHECK(config.describe().find("hunter2") == std::string::npos);
  CHECK(mask_database_url("host=h password='hunter2' user=u").find("hunter2") == std::string::npos);
}

TEST_CASE("a database password never shows, however it is written") {
  for (const char* url :
       {"postgresql://u:hunter2@h:5432/d?sslmode=require", "postgresql://u@h/d?password=hunter2",
        "postgresql://u@h/d?sslpassword=hunter2&pass%77ord=hunter2",
        R"(host=h password='it\'s hunter2' user=u)", R"(host=h password=a\ hunter2 user=u)",
        "host=h password = hunter2", "postgresql://u:hunter2@h/d?not-an-option=1"}) {
    INFO(url);
    CHECK(mask_database_url(url).find("hunter2") == std::string::npos);
  }
  CHECK(mask_database_url("postgresql://u@h:5432/d") == "user=u dbname=d host=h port=5432");
  CHECK(mask_database_url(R"(host=a\ password=b dbname='it\'s')") ==
        R"(dbname='it\'s' host='a password=b')");
  CHECK(mask_database_url(std::string(200'000, 'x')) == "(unreadable)");
}

TEST_CASE("Kafka properties pass through by name") {
  const auto config = Config::load({}, {{"ORDERFLOW_KAFKA_SECURITY_PROTOCOL", "SASL_SSL"}});
  CHECK(config.kafka_properties().at("security.protocol") == "SASL_SSL");
}

}  // namespace orderflow::core
