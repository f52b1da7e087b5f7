#include "consumers/runtime/reading_health.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::consumers {
namespace {

using namespace std::chrono_literals;

class Reading {
 public:
  [[nodiscard]] bool up() const { return health_.up("payments reading"); }
  [[nodiscard]] std::string detail() const {
    return health_.components().at("payments reading").detail;
  }

 private:
  core::Logger logger_{"payments", core::LogLevel::kError};
  core::Health health_;

 public:
  ReadingHealth health{"payments", health_, logger_};
};

// No role had a partition, and all were ready.
TEST_CASE("a role that its group does not take in is not ready until it does") {
  Reading reading;
  CHECK(reading.up());
  reading.health.is_no_member("the group gives no partitions", std::chrono::steady_clock::now());
  CHECK_FALSE(reading.up());
  CHECK(reading.detail() == "the group gives no partitions");
  reading.health.observe({});
  CHECK_FALSE(reading.up());
  // Even if it is given none: it stands by.
  reading.health.is_member();
  CHECK(reading.up());
}

TEST_CASE("being a member does not end a refusal to let it read") {
  Reading reading;
  core::Polled refused;
  refused.refusal = core::Refusal{.topic = "t", .error = "TOPIC_AUTHORIZATION_FAILED"};
  reading.health.observe(refused);
  CHECK_FALSE(reading.up());
  reading.health.is_member();
  CHECK_FALSE(reading.up());
}

}  // namespace
}  // namespace orderflow::consumers
