// A Kafka that answers at the address people name, and sends clients on to one where nobody is: the
// advertised.listeners of a container. Real Kafka only.
#include "core/kafka/reachability.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/kafka/admin_client.hpp"
#include "core/values/failure.hpp"
#include "http-api/health/health_monitor.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/private_servers.hpp"
#include "tests/support/settings.hpp"
#include "tests/support/wait.hpp"

namespace orderflow::testing {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

constexpr core::Duration kTimeout = std::chrono::seconds{2};
constexpr std::chrono::seconds kAnswer{10};

TEST_CASE("a broker that advertises an address where nobody answers is named") {
  const TemporaryFolder folder("reachability");
  const PortBlock ports;
  const PrivateKafka kafka(folder.path() / "kafka", {.broker = ports.port(0),
                                                     .controller = ports.port(1),
                                                     .proxied = ports.port(2),
                                                     .proxy = ports.port(3)});
  core::Logger logger{"test", core::LogLevel::kError};
  core::AdminClient direct({kafka.bootstrap_servers(), "test", {}}, logger);
  const std::vector<std::string> topics{"orders.inbox"};
  CHECK_FALSE(direct.create({topics.front(), 1, 1}, kAnswer));
  wait_until("the broker answers for its topic", [&] {
    const auto found = direct.topics(kTimeout);
    return found && found->contains(topics.front()) &&
           core::silent_broker(direct.handle(), topics, kTimeout).empty();
  });

  const std::string door = "127.0.0.1:" + std::to_string(ports.port(2));
  core::AdminClient misled({door, "test", {}}, logger);
  wait_until("the door answers", [&] { return misled.topics(kTimeout).has_value(); });
  CHECK_THAT(core::silent_broker(misled.handle(), topics, kTimeout),
             ContainsSubstring("127.0.0.1:" + std::to_string(ports.port(3))));
  CHECK_THROWS_MATCHES(misled.create({"another", 1, 1}, kTimeout), core::Unavailable,
                       MessageMatches(ContainsSubstring("advertised.listeners")));

  core::Health health;
  const http_api::HealthMonitor monitor(
      settings_from({{"KAFKA_BOOTSTRAP_SERVERS", door},
                     {"DATABASE_URL", required_variable("ORDERFLOW_TEST_DATABASE_URL")}}),
      health, logger);
  wait_until("readiness names it", [&] {
    const auto components = health.components();
    const auto found = components.find("kafka");
    return found != components.end() && !found->second.up &&
           found->second.detail.find("advertised.listeners") != std::string::npos;
  });
}

}  // namespace
}  // namespace orderflow::testing
