#include "core/kafka/options.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/values/failure.hpp"
#include "tests/support/settings.hpp"

namespace orderflow::core {
namespace {

// It took the place of the name by which members of a group tell whose they are.
TEST_CASE("a client id of the user's stands in front of ours") {
  const auto options =
      kafka_options(testing::settings_from({{"ORDERFLOW_KAFKA_CLIENT_ID", "shop"}}), "payments");
  CHECK(options.client_id == "shop-payments");
  CHECK(options.properties.empty());
}

TEST_CASE("properties that would hide what is stored or owned are refused by name") {
  for (const char* name :
       {"ORDERFLOW_KAFKA_DELIVERY_REPORT_ONLY_ERROR", "ORDERFLOW_KAFKA_TOPIC_BLACKLIST"}) {
    INFO(name);
    CHECK_THROWS_AS(kafka_options(testing::settings_from({{name, "true"}}), "payments"),
                    BadConfiguration);
  }
}

}  // namespace
}  // namespace orderflow::core
