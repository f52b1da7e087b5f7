#include "core/kafka/client.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>

#include "core/kafka/options.hpp"

namespace orderflow::core {
namespace {

std::string linger_with(const std::string& property, const std::string& value) {
  KafkaOptions options;
  options.properties = {{property, value}};
  const std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(
      KafkaClient::base_conf(options, {{"linger.ms", "0"}}), &rd_kafka_conf_destroy);
  std::array<char, 64> text{};
  std::size_t size = text.size();
  REQUIRE(rd_kafka_conf_get(conf.get(), "linger.ms", text.data(), &size) == RD_KAFKA_CONF_OK);
  return text.data();
}

TEST_CASE("a user's property wins over a preference, by either of its names") {
  CHECK(linger_with("linger.ms", "30") == "30");
  CHECK(linger_with("queue.buffering.max.ms", "30") == "30");
  CHECK(linger_with("client.rack", "a") == "0");
}

}  // namespace
}  // namespace orderflow::core
