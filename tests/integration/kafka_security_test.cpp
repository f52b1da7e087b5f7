// What a Kafka with passwords and rights says to clients that lack them. Real Kafka only.
#include <catch2/catch_test_macros.hpp>
#include <thread>

#include "core/kafka/admin.hpp"
#include "core/kafka/consumer.hpp"
#include "core/kafka/producer.hpp"
#include "producers/publisher.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/kafka_tool.hpp"
#include "tests/support/private_servers.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::testing {
namespace {

constexpr const char* kSecuredTopic = "orders.events";

class SecuredKafka {
 public:
  SecuredKafka()
      : kafka_(
            folder_.path() / "kafka",
            {.broker = ports_.port(0), .controller = ports_.port(1), .secured = ports_.port(2)}) {
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

}  // namespace
}  // namespace orderflow::testing
