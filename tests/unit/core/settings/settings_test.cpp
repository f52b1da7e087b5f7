#include "core/settings/settings.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <fstream>
#include <regex>

#include "core/kafka/settings.hpp"
#include "core/observe/settings.hpp"
#include "core/pg/settings.hpp"
#include "core/values/failure.hpp"
#include "http-api/settings.hpp"
#include "saga/settings.hpp"
#include "schemas/settings.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/settings.hpp"
#include "tests/support/source_tree.hpp"
#include "tools/all_settings.hpp"
#include "tools/settings.hpp"

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
      {{{"ORDERFLOW_HTTP_HOST", "everywhere"}}, "it must be an IP address of this machine"},
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
  for (const auto& [name, meant] : {std::pair("ORDERFLOW_DATABASE_URL", "DATABASE_URL"),
                                    std::pair("ORDERFLOW_LOG_LEVEL", "LOG_LEVEL"),
                                    std::pair("ORDERFLOW_STATE_DRI", "ORDERFLOW_STATE_DIR")}) {
    const auto told = settings_from({{name, "x"}}).warnings();
    REQUIRE(told.size() == 1);
    CHECK_THAT(told.front(), ContainsSubstring("did you mean " + std::string(meant) + "?"));
  }
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

// Whatever the service is called, and however its port: none of these is a setting, a family's key
// or worth a warning of its own.
TEST_CASE("a service link is passed over in each of its shapes, for each name of a setting") {
  std::vector<std::string> stems{"ORDERFLOW", "ORDERFLOW_KAFKA", "ORDERFLOW_API"};
  for (const auto& setting : tools::all_settings().settings) {
    std::string name(setting.name());
    if (!name.starts_with("ORDERFLOW_")) continue;
    stems.push_back(name);
    if (name.ends_with("_PORT")) stems.push_back(name.substr(0, name.size() - 5));
  }
  for (const auto& stem : stems) {
    for (const auto& [suffix, value] :
         {std::pair("_SERVICE_HOST", "10.96.0.7"), std::pair("_SERVICE_PORT", "9092"),
          std::pair("_SERVICE_PORT_PLAIN", "9092"), std::pair("_PORT", "tcp://10.96.0.7:9092"),
          std::pair("_PORT_9092_TCP", "tcp://[fd00::7]:9092"),
          std::pair("_PORT_9092_UDP", "udp://10.96.0.7:9092"),
          std::pair("_PORT_9092_TCP_PROTO", "tcp"), std::pair("_PORT_9092_TCP_PORT", "9092"),
          std::pair("_PORT_9092_TCP_ADDR", "10.96.0.7")}) {
      const auto settings = settings_from({{stem + suffix, value}});
      INFO(stem + suffix);
      CHECK(settings.describe() == settings_from({}).describe());
      REQUIRE(settings.warnings().size() == 1);
      CHECK_THAT(settings.warnings().front(), ContainsSubstring("Kubernetes"));
    }
  }
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

// Files of settings and secrets, and the environment that names them.
class WithFiles {
 public:
  // The absolute path.
  std::string add(const std::string& name, const std::string& text) {
    const auto path = folder_.path() / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_.path() / name; }

 private:
  testing::TemporaryFolder folder_{"settings"};
};

TEST_CASE("env files stand between environment and configuration file, the first before the next") {
  WithFiles files;
  const auto config = files.add("config", "LOG_LEVEL=error\nORDERFLOW_HTTP_PORT=1\n");
  const auto instance = files.add("instance.env", "saved_broker=kafka\nORDERFLOW_HTTP_PORT=2\n");
  const auto env =
      files.add(".env",
                "export ORDERFLOW_HTTP_PORT=3\nORDERFLOW_PG_PORT=4\nREDIS_URL=redis://somebody\n"
                "ORDERFLOW_PROCESES=5\nORDERFLOW_STATE_DIR=elsewhere\n");
  Environment environment{{"ORDERFLOW_CONFIG", config},
                          {"ORDERFLOW_ENV_FILES", instance + "\n" + env}};
  const auto settings = settings_from(environment);
  CHECK(settings.get(http_api::kHttpPort) == 2);
  CHECK(settings.origin(http_api::kHttpPort) == SettingOrigin::kEnvFile);
  CHECK(settings.get(tools::kPgPort) == 4);
  CHECK(settings.get(kLogLevel) == LogLevel::kError);
  CHECK_THAT(settings.describe(), ContainsSubstring("ORDERFLOW_HTTP_PORT=2  (" + instance + ")"));
  CHECK_THAT(settings.describe(), ContainsSubstring("ORDERFLOW_PG_PORT=4  (" + env + ")"));
  REQUIRE(settings.warnings().size() == 1);
  CHECK_THAT(settings.warnings().front(), ContainsSubstring("did you mean ORDERFLOW_PROCESSES?"));

  environment["ORDERFLOW_HTTP_PORT"] = "6";
  CHECK(settings_from(environment).get(http_api::kHttpPort) == 6);
  environment["ORDERFLOW_ENV_FILES"] = files.path("missing");
  CHECK_THROWS_MATCHES(settings_from(environment), BadConfiguration,
                       MessageMatches(ContainsSubstring("ORDERFLOW_ENV_FILES names")));
}

TEST_CASE("an env file may name the configuration file, and files beside itself") {
  WithFiles files;
  files.add("config", "LOG_LEVEL=error\n");
  files.add("key", "k\n");
  const auto env = files.add(".env", "ORDERFLOW_CONFIG=config\nINTERNAL_API_KEY_FILE=key\n");
  const auto settings = settings_from({{"ORDERFLOW_ENV_FILES", env}});
  CHECK(settings.get(kLogLevel) == LogLevel::kError);
  CHECK(settings.get(http_api::kInternalApiKey) == "k");
}

TEST_CASE("any setting's value may stand in a file that NAME_FILE names") {
  WithFiles files;
  const auto settings =
      settings_from({{"DATABASE_URL_FILE", files.add("url", "postgresql://u:hunter2@h/d\r\n")},
                     {"INTERNAL_API_KEY", ""},
                     {"INTERNAL_API_KEY_FILE", files.add("key", " hunter2 \n")},
                     {"ORDERFLOW_KAFKA_SASL_PASSWORD_FILE", files.add("password", "hunter2")},
                     {"ORDERFLOW_HTTP_PORT_FILE", ""}});
  CHECK(settings.get(kDatabaseUrl).conninfo() == "postgresql://u:hunter2@h/d");
  CHECK(settings.get(http_api::kInternalApiKey) == " hunter2 ");
  CHECK(settings.get(kKafkaProperties).at("sasl.password") == "hunter2");
  CHECK(settings.get(http_api::kHttpPort) == 8080);
  CHECK(settings.warnings().empty());
  CHECK(settings.describe().find("hunter2") == std::string::npos);
  CHECK_THAT(settings.describe(),
             ContainsSubstring("INTERNAL_API_KEY=***  (environment, from " + files.path("key")));
}

TEST_CASE("a nearer place wins over a file of a farther one") {
  WithFiles files;
  const auto env = files.add(".env", "INTERNAL_API_KEY_FILE=key\n");
  files.add("key", "farther");
  CHECK(settings_from({{"ORDERFLOW_ENV_FILES", env}, {"INTERNAL_API_KEY", "nearer"}})
            .get(http_api::kInternalApiKey) == "nearer");
}

TEST_CASE("a value's file that cannot be is refused, and nothing of it is shown") {
  WithFiles files;
  const auto refuses = [](const Environment& environment, const std::string& expected) {
    INFO(expected);
    CHECK_THROWS_MATCHES(
        settings_from(environment), BadConfiguration,
        MessageMatches(ContainsSubstring(expected) && !ContainsSubstring("hunter2")));
  };
  const auto good = files.add("good", "hunter2");
  refuses({{"INTERNAL_API_KEY_FILE", files.path("missing")}}, "is not there");
  refuses({{"INTERNAL_API_KEY_FILE", "/"}}, "is not a regular file");
  refuses({{"INTERNAL_API_KEY_FILE", "/dev/null"}}, "is not a regular file");
  refuses({{"INTERNAL_API_KEY_FILE", files.add("empty", "\n")}}, "is empty");
  refuses({{"INTERNAL_API_KEY_FILE", files.add("big", std::string(70'000, 'x'))}}, "64 KiB");
  refuses({{"INTERNAL_API_KEY_FILE", files.add("nul", std::string("hunter2\0x", 9))}}, "NUL");
  refuses({{"INTERNAL_API_KEY_FILE", good}, {"INTERNAL_API_KEY", "hunter2"}},
          "INTERNAL_API_KEY and INTERNAL_API_KEY_FILE are both set");
  refuses({{"DATABASE_URL_FILE", good}}, "DATABASE_URL is '***'");
}

TEST_CASE("what ./orderflow derives from the instance is told apart from what somebody gave") {
  const auto settings = settings_from({{"ORDERFLOW_INSTANCE_SETTINGS", "DATABASE_URL "},
                                       {"DATABASE_URL", "postgresql://h/d"},
                                       {"ORDERFLOW_HTTP_PORT", "1"}});
  CHECK(settings.origin(kDatabaseUrl) == SettingOrigin::kInstance);
  CHECK_THAT(settings.describe(), ContainsSubstring("(./orderflow) PostgreSQL"));
  const std::vector<std::string> names{"ORDERFLOW_HTTP_PORT", "DATABASE_URL"};
  CHECK_THAT(settings.for_shell(names),
             ContainsSubstring("settings_given=' ORDERFLOW_HTTP_PORT '"));
}

TEST_CASE("what promises rest on is no matter of settings, and who tries is told why") {
  for (const auto& [name, why] : {
           std::pair("ORDERFLOW_KAFKA_ACKS", "all replicas"),
           std::pair("ORDERFLOW_KAFKA_ENABLE_IDEMPOTENCE", "all replicas"),
           std::pair("ORDERFLOW_KAFKA_AUTO_OFFSET_RESET", "must be noticed"),
           std::pair("ORDERFLOW_KAFKA_ISOLATION_LEVEL", "leaves open"),
           std::pair("ORDERFLOW_KAFKA_GROUP_ID", "owners of partitions"),
           std::pair("ORDERFLOW_KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"),
       }) {
    INFO(name);
    CHECK_THROWS_WITH(settings_from({{name, "x"}}), ContainsSubstring(name) &&
                                                        ContainsSubstring(why) &&
                                                        ContainsSubstring("unset it"));
  }
}

// One that the clients set and the table does not name would be overwritten in silence.
TEST_CASE("every property that consumers and producers set is refused, or left to the user") {
  const std::regex set_line("[^_]set\\(conf, \"([a-z.]+)\"");
  std::size_t found = 0;
  for (const char* path : {"core/kafka/consumer.cpp", "core/kafka/producer.cpp"}) {
    const std::string text = testing::source_text(path);
    for (std::sregex_iterator match(text.begin(), text.end(), set_line), end; match != end;
         ++match) {
      const std::string name = (*match)[1];
      if (name == "batch.num.messages") continue;  // Of a producer of single messages only.
      INFO(path << ": " << name);
      CHECK_THAT(kafka_property_problem(name, "1"), ContainsSubstring("Orderflow sets"));
      ++found;
    }
  }
  CHECK(found >= 15);
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
        "setting_ORDERFLOW_HTTP_PORT='8080'\n"
        "setting_DATABASE_URL='postgresql://u:it'\\''s@h/d'\n"
        "settings_given=' DATABASE_URL '\n"
        "settings_warnings='the environment variable ORDERFLOW_HTTP_PROT is not a setting and has "
        "no effect (did you mean ORDERFLOW_HTTP_PORT?)'\n");
  const std::vector<std::string> unknown{"ORDERFLOW_HTTP_PROT"};
  CHECK_THROWS_AS(settings.for_shell(unknown), BadConfiguration);
}

}  // namespace
}  // namespace orderflow::core
