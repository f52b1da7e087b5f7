#include "core/settings/settings.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>

#include "core/kafka/settings.hpp"
#include "core/observe/settings.hpp"
#include "core/pg/settings.hpp"
#include "core/values/failure.hpp"
#include "http-api/settings.hpp"
#include "saga/settings.hpp"
#include "schemas/settings.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/settings.hpp"
#include "tools/all_settings.hpp"

namespace orderflow::core {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using testing::settings_from;

// A configuration file with this text, and the environment that names it.
class WithFile {
 public:
  explicit WithFile(const std::string& text, Environment environment = {})
      : environment_(std::move(environment)) {
    const auto path = folder_.path() / "orderflow.conf";
    std::ofstream(path) << text;
    environment_["ORDERFLOW_CONFIG"] = path.string();
  }
  [[nodiscard]] const Environment& environment() const { return environment_; }

 private:
  testing::TemporaryFolder folder_{"settings"};
  Environment environment_;
};

bool any_contains(const std::vector<std::string>& lines, const std::string& text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const auto& line) { return line.find(text) != std::string::npos; });
}

TEST_CASE("flags win over environment, environment over file, file over defaults") {
  const WithFile given("# a comment\nORDERFLOW_HTTP_PORT = 1111\nLOG_LEVEL=debug\n",
                       {{"ORDERFLOW_HTTP_PORT", "2222"}});
  const Settings without_flag = settings_from(given.environment());
  CHECK(without_flag.get(http_api::kHttpPort) == 2222);
  CHECK(without_flag.origin(http_api::kHttpPort) == SettingOrigin::kEnvironment);
  CHECK(without_flag.get(kLogLevel) == LogLevel::kDebug);
  CHECK(without_flag.origin(kLogLevel) == SettingOrigin::kFile);
  const Settings with_flag = Settings::load(
      {tools::all_settings(), given.environment(), {{"ORDERFLOW_HTTP_PORT", "3333"}}});
  CHECK(with_flag.get(http_api::kHttpPort) == 3333);
  CHECK(with_flag.origin(http_api::kHttpPort) == SettingOrigin::kFlag);
  CHECK(settings_from().get(http_api::kHttpPort) == 8080);
  CHECK(settings_from().origin(http_api::kHttpPort) == SettingOrigin::kDefault);
}

TEST_CASE("every wrong setting is named together with the remedy") {
  struct Case {
    Environment environment;
    const char* expected;
  };
  const Case cases[] = {
      {{{"ORDERFLOW_HTTP_PORT", "eighty"}}, "ORDERFLOW_HTTP_PORT is 'eighty'"},
      {{{"ORDERFLOW_HTTP_PORT", "70000"}}, "from 0 to 65535"},
      {{{"ORDERFLOW_HTTP_PORT", "-1"}}, "from 0 to 65535"},
      {{{"PAYMENT_SUCCESS_RATE", "1.5"}}, "a number from 0 to 1"},
      {{{"PAYMENT_SUCCESS_RATE", "nan"}}, "PAYMENT_SUCCESS_RATE"},
      {{{"ORDERFLOW_PARTITIONS", "6"}}, "power of two"},
      {{{"ORDERFLOW_SIMULATION_MAGIC", "maybe"}}, "1 or 0"},
      {{{"LOG_LEVEL", "loud"}}, "debug, info, warning or error"},
      {{{"ORDER_CONSUMER_BACKOFF_INITIAL", "soon"}}, "such as 250ms, 3s or 2m) from 1ms to 1h"},
      {{{"DATABASE_URL", "mysql://x"}}, "needs PostgreSQL"},
      {{{"ORDERFLOW_CONFIG", "/does/not/exist"}}, "cannot be read"},
      {{{"ORDERFLOW_KAFKA_SECURITI_PROTOCOL", "SSL"}}, "no property 'securiti.protocol'"},
      {{{"ORDERFLOW_KAFKA_SECURITY_PROTOCOL", "TLS"}}, "ORDERFLOW_KAFKA_SECURITY_PROTOCOL"},
  };
  for (const auto& one : cases) {
    INFO(one.expected);
    CHECK_THROWS_MATCHES(settings_from(one.environment), BadConfiguration,
                         MessageMatches(ContainsSubstring(one.expected)));
  }
}

TEST_CASE("an unknown name in the file is refused, with the one that was meant") {
  const WithFile given("ORDERFLOW_HTTP_PROT=1\n");
  CHECK_THROWS_MATCHES(settings_from(given.environment()), BadConfiguration,
                       MessageMatches(ContainsSubstring("did you mean ORDERFLOW_HTTP_PORT?")));
}

TEST_CASE("an unknown name in the environment is told, with the one that was meant") {
  const auto warnings = settings_from({{"ORDERFLOW_HTTP_PROT", "1"},
                                       {"ORDERFLOW_TEST_BINARY", "x"},
                                       {"ORDERFLOW_STATE_DIR", "y"},
                                       {"HTTP_PROT", "somebody else's"}})
                            .warnings();
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings.front(), ContainsSubstring("ORDERFLOW_HTTP_PROT is not a setting"));
  CHECK_THAT(warnings.front(), ContainsSubstring("did you mean ORDERFLOW_HTTP_PORT?"));
}

TEST_CASE("addresses of services that Kubernetes announces are no settings") {
  const auto settings = settings_from({{"ORDERFLOW_HTTP_SERVICE_HOST", "10.96.0.7"},
                                       {"ORDERFLOW_HTTP_SERVICE_PORT", "80"},
                                       {"ORDERFLOW_HTTP_PORT", "tcp://10.96.0.7:80"},
                                       {"ORDERFLOW_HTTP_PORT_80_TCP", "tcp://10.96.0.7:80"},
                                       {"ORDERFLOW_HTTP_PORT_80_TCP_ADDR", "10.96.0.7"},
                                       {"ORDERFLOW_KAFKA_SERVICE_PORT_PLAIN", "9092"},
                                       {"ORDERFLOW_KAFKA_PORT", "tcp://10.96.0.7:9092"}});
  CHECK(settings.get(http_api::kHttpPort) == 8080);
  CHECK(settings.get(kKafkaProperties).empty());
  REQUIRE(settings.warnings().size() == 1);
  CHECK(any_contains(settings.warnings(), "ORDERFLOW_KAFKA_PORT"));
}

TEST_CASE("an empty environment variable is one that is not set, unless it may be empty") {
  const Environment empty{{"ORDERFLOW_HTTP_PORT", ""},
                          {"DATABASE_URL", ""},
                          {"KAFKA_BOOTSTRAP_SERVERS", ""},
                          {"INTERNAL_API_KEY", ""}};
  const auto settings = settings_from(empty);
  CHECK(settings.get(http_api::kHttpPort) == 8080);
  CHECK(settings.get(kBootstrapServers) == kBootstrapServers.default_value);
  CHECK(settings.origin(kDatabaseUrl) == SettingOrigin::kDefault);
  CHECK(settings.origin(http_api::kInternalApiKey) == SettingOrigin::kEnvironment);
}

TEST_CASE("durations have units; a plain number means seconds") {
  const auto with = [](const char* value) {
    return settings_from({{"ORDERFLOW_PAYMENT_TIMEOUT", value}}).get(saga::kPaymentTimeout);
  };
  CHECK(with("250ms") == std::chrono::milliseconds{250});
  CHECK(with("3s") == std::chrono::seconds{3});
  CHECK(with("2m") == std::chrono::minutes{2});
  CHECK(with("1h") == std::chrono::hours{1});
  CHECK(with("1.5") == std::chrono::milliseconds{1500});
}

TEST_CASE("what is not known to be showable never shows") {
  const auto text = settings_from({{"DATABASE_URL", "postgres://u:hunter2@h/d"},
                                   {"INTERNAL_API_KEY", "hunter2"},
                                   {"ORDERFLOW_KAFKA_SASL_PASSWORD", "hunter2"},
                                   {"ORDERFLOW_KAFKA_SSL_KEY_PASSWORD", "hunter2"},
                                   {"ORDERFLOW_KAFKA_SASL_OAUTHBEARER_CONFIG", "x=hunter2"},
                                   {"ORDERFLOW_KAFKA_SASL_USERNAME", "somebody"}})
                        .describe();
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK_THAT(text, ContainsSubstring("INTERNAL_API_KEY=***  (environment)"));
  CHECK_THAT(text, ContainsSubstring("ORDERFLOW_KAFKA_SASL_USERNAME=somebody"));
  CHECK_THAT(text, ContainsSubstring("ORDERFLOW_HTTP_PORT=8080  (default)"));
}

TEST_CASE("a refusal shows no secret either") {
  for (const auto& [name, value] :
       {std::pair("DATABASE_URL", "mysql://root:hunter2@h/d"),
        // Whether librdkafka knows this one depends on how it was built.
        std::pair("ORDERFLOW_KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET", "hunter2"),
        std::pair("ORDERFLOW_KAFKA_SASL_KERBEROS_MIN_TIME_BEFORE_RELOGIN", "hunter2")}) {
    INFO(name);
    std::string said;
    try {
      said = settings_from({{name, value}}).describe();
    } catch (const BadConfiguration& refusal) {
      said = refusal.what();
    }
    CHECK(said.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("Kafka properties pass through by name") {
  const auto settings = settings_from({{"ORDERFLOW_KAFKA_SECURITY_PROTOCOL", "SASL_SSL"}});
  CHECK(settings.get(kKafkaProperties).at("security.protocol") == "SASL_SSL");
}

TEST_CASE("a shell gets the settings it names, quoted, and which were given") {
  const auto settings =
      settings_from({{"DATABASE_URL", "postgres://u:it's@h/d"}, {"ORDERFLOW_HTTP_PROT", "1"}});
  const std::vector<std::string> names{"ORDERFLOW_HTTP_PORT", "DATABASE_URL"};
  CHECK(settings.for_shell(names) ==
        "ORDERFLOW_HTTP_PORT='8080'\n"
        "DATABASE_URL='postgresql://u:it'\\''s@h/d'\n"
        "settings_given=' DATABASE_URL '\n"
        "settings_warnings='the environment variable ORDERFLOW_HTTP_PROT is not a setting and has "
        "no effect (did you mean ORDERFLOW_HTTP_PORT?)'\n");
  const std::vector<std::string> unknown{"ORDERFLOW_HTTP_PROT"};
  CHECK_THROWS_AS(settings.for_shell(unknown), BadConfiguration);
}

}  // namespace
}  // namespace orderflow::core
