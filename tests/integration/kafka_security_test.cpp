// What a Kafka with passwords and rights says to clients that lack them. Real Kafka only.
#include <catch2/catch_test_macros.hpp>
#include <future>
#include <optional>
#include <span>
#include <thread>

#include "core/kafka/admin.hpp"
#include "core/kafka/admin_client.hpp"
#include "core/kafka/consumer.hpp"
#include "core/kafka/producer.hpp"
#include "http-api/health/health_monitor.hpp"
#include "producers/publisher.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/kafka_tool.hpp"
#include "tests/support/private_servers.hpp"
#include "tests/support/settings.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::testing {
namespace {

constexpr const char* kSecuredTopic = "orders.events";

class SecuredKafka {
 public:
  SecuredKafka()
      : kafka_(folder_.path() / "kafka", {.broker = ports_.port(0),
                                          .controller = ports_.port(1),
                                          .secured = ports_.port(2),
                                          .tls = ports_.port(3)}) {
    core::TopicKeeper keeper({kafka_.bootstrap_servers(), "topics", {}}, health, logger,
                             [] { return std::vector<core::TopicSpec>{{kSecuredTopic, 1, 1}}; });
    wait_until("the topic is there", [&] {
      return KafkaTool(kafka_.bootstrap_servers(), "").partitions(kSecuredTopic) == 1;
    });
  }

  [[nodiscard]] core::KafkaOptions options(const std::string& password) const {
    return {"127.0.0.1:" + std::to_string(ports_.port(2)),
            "test",
            {{"security.protocol", "SASL_PLAINTEXT"},
             {"sasl.mechanism", "PLAIN"},
             {"sasl.username", "orderflow"},
             {"sasl.password", password}}};
  }

  // By TLS to 127.0.0.1, for which the broker's certificate is not made.
  [[nodiscard]] core::KafkaOptions tls_options(
      const std::string& authority, const std::map<std::string, std::string>& more = {}) const {
    core::KafkaOptions options{"127.0.0.1:" + std::to_string(ports_.port(3)), "test", more};
    options.properties.insert({{"security.protocol", "SSL"}, {"ssl.ca.location", authority}});
    return options;
  }
  [[nodiscard]] PrivateKafka& server() { return kafka_; }

  core::Logger logger{"test", core::LogLevel::kError};
  core::Metrics metrics{"test"};
  core::Health health;

 private:
  PortBlock ports_;
  TemporaryFolder folder_{"secured"};
  PrivateKafka kafka_;
};

bool names(const std::string& text, const std::vector<std::string>& words) {
  return std::all_of(words.begin(), words.end(),
                     [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

TEST_CASE("passwords and rights that a client lacks are named", "[own][integration]") {
  SecuredKafka kafka;

  // "No broker answers" it said.
  core::KafkaProducer stranger(kafka.options("wrong"), kafka.logger, nullptr);
  wait_until("it is told that the password is wrong", [&] {
    stranger.poll(std::chrono::milliseconds{100});
    return !stranger.security_problem().empty();
  });
  CHECK(names(stranger.security_problem(),
              {"authentication", "'orderflow'", "PLAIN", "ORDERFLOW_KAFKA_SASL_PASSWORD"}));
  CHECK_FALSE(names(stranger.security_problem(), {"wrong"}));

  auto unaware = kafka.options("right");
  unaware.properties.clear();
  core::KafkaProducer silent(unaware, kafka.logger, nullptr);
  wait_until("it is told that the connection wants something else", [&] {
    silent.poll(std::chrono::milliseconds{100});
    return names(silent.security_problem(), {"ORDERFLOW_KAFKA_SECURITY_PROTOCOL"});
  });

  core::KafkaConsumer reader(kafka.options("right"), kafka.logger, kSecuredTopic, "group", nullptr);
  reader.join();
  std::optional<core::Refusal> refusal;
  wait_until("a reader is told that it may not read", [&] {
    refusal = reader.poll(std::chrono::milliseconds{100}).refusal;
    return refusal.has_value();
  });
  CHECK(names(refusal->text(), {"AUTHORIZATION_FAILED", "Read", "kafka-acls"}));

  producers::Publisher writer(kafka.options("right"), kafka.logger, kafka.metrics, kafka.health);
  writer.publish({{{kSecuredTopic, "key", "{}", {}}, 0, 1}}, std::chrono::seconds{10});
  wait_until("a writer is told that it may not write", [&] {
    writer.poll(std::chrono::milliseconds{100});
    return writer.broken() || !writer.refusals().empty();
  });
  CHECK(names(writer.why(), {"AUTHORIZATION_FAILED", "kafka-acls"}));
  CHECK(names(kafka.health.components().at("test publishing").detail, {"kafka-acls"}));
}

// What keeps a client with these options out.
std::string problem_of(SecuredKafka& kafka, const core::KafkaOptions& options) {
  core::AdminClient client(options, kafka.logger);
  std::string problem;
  wait_until("it is told why it is kept out", [&] {
    CHECK_FALSE(client.topics(std::chrono::seconds{1}));
    problem = client.security_problem();
    return !problem.empty();
  });
  return problem;
}

// All of it was "no broker answers".
TEST_CASE("what keeps a client from TLS is named", "[own][integration]") {
  SecuredKafka kafka;
  auto& server = kafka.server();
  CHECK(names(problem_of(kafka, kafka.tls_options(server.other_authority())),
              {"TLS", "ORDERFLOW_KAFKA_SSL_CA_LOCATION"}));
  // Another host than the certificate names.
  CHECK(names(problem_of(kafka, kafka.tls_options(server.authority())),
              {"TLS", "ORDERFLOW_KAFKA_SSL_CA_LOCATION", "must name the host"}));
  auto without = kafka.tls_options(server.authority());
  without.properties.clear();
  CHECK(names(problem_of(kafka, without), {"ORDERFLOW_KAFKA_SECURITY_PROTOCOL"}));
  auto needless = kafka.tls_options(server.authority());
  needless.bootstrap_servers = server.bootstrap_servers();
  CHECK(names(problem_of(kafka, needless), {"ORDERFLOW_KAFKA_SECURITY_PROTOCOL"}));

  const std::map<std::string, std::string> any_host{
      {"ssl.endpoint.identification.algorithm", "none"}};
  core::AdminClient welcome(kafka.tls_options(server.authority(), any_host), kafka.logger);
  wait_until("the right client is let in",
             [&] { return welcome.topics(std::chrono::seconds{1}).has_value(); });

  // In readiness, and in the log once.
  const auto settings =
      settings_from({{"KAFKA_BOOTSTRAP_SERVERS", kafka.tls_options("").bootstrap_servers},
                     {"ORDERFLOW_KAFKA_SECURITY_PROTOCOL", "SSL"},
                     {"ORDERFLOW_KAFKA_SSL_CA_LOCATION", server.other_authority()}});
  const http_api::HealthMonitor monitor(settings, kafka.health, kafka.logger);
  wait_until("readiness says why", [&] {
    return names(kafka.health.components().at("kafka").detail, {"ORDERFLOW_KAFKA_SSL_CA_LOCATION"});
  });
}

class Member final : public core::RebalanceListener {
 public:
  void on_assigned(std::span<const std::int32_t> /*partitions*/) noexcept override { in_ = true; }
  void on_revoked() noexcept override {}
  [[nodiscard]] bool in() const { return in_; }

 private:
  bool in_ = false;
};

// It waited for as long as its brokers said nothing, on its owner's thread.
TEST_CASE("a consumer whose brokers have gone mute ends all the same", "[own][integration]") {
  SecuredKafka kafka;
  Member member;
  std::optional<core::KafkaConsumer> consumer;
  consumer.emplace(core::KafkaOptions{kafka.server().bootstrap_servers(), "test", {}}, kafka.logger,
                   kSecuredTopic, "mute", &member);
  consumer->join();
  wait_until("it is a member", [&] {
    (void)consumer->poll(std::chrono::milliseconds{100});
    return member.in();
  });
  kafka.server().process().freeze();
  auto ended = std::async(std::launch::async, [&] { consumer.reset(); });
  const bool in_time = ended.wait_for(std::chrono::seconds{20}) == std::future_status::ready;
  kafka.server().process().thaw();
  CHECK(in_time);
}

}  // namespace
}  // namespace orderflow::testing
