#include "producers/publisher.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/kafka/embedded_broker.hpp"

// Promise 4: what lies beyond the mark is published again, so the mark must never run ahead.
namespace orderflow::producers {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int32_t kPartition = 3;
constexpr const char* kTopic = "orders.events";

struct Parts {
  core::Logger logger{"test", core::LogLevel::kError};
  core::Metrics metrics{"test"};
};

core::KafkaOptions options_for(std::uint16_t port) {
  return {"127.0.0.1:" + std::to_string(port), "test", {}};
}

Outgoing message_of(std::int64_t batch_no) {
  return {{kTopic, "key", "{}", {}}, kPartition, batch_no};
}

TEST_CASE("nothing counts as published before the broker has acknowledged it") {
  Parts parts;
  // Nobody listens on port 1.
  Publisher publisher(options_for(1), parts.logger, parts.metrics);
  publisher.begin(kPartition, 4);
  publisher.publish({message_of(5), message_of(5), message_of(6)}, seconds{1});
  publisher.poll(milliseconds{10});
  CHECK(publisher.marks().mark(kPartition) == 4);
  CHECK(publisher.oldest_unacknowledged(kPartition) > milliseconds{0});
  CHECK(publisher.oldest_unacknowledged(kPartition + 1) == milliseconds{0});
}

TEST_CASE("the mark follows the broker's acknowledgements, batch by batch") {
  Parts parts;
  const core::EmbeddedBroker broker(0, {{kTopic, 8, 1}}, parts.logger);
  Publisher publisher(options_for(broker.port()), parts.logger, parts.metrics);
  publisher.begin(kPartition, 4);
  publisher.publish({message_of(5), message_of(5), message_of(6)}, seconds{10});
  REQUIRE(publisher.flush(seconds{30}));
  CHECK(publisher.marks().mark(kPartition) == 6);
  CHECK(publisher.oldest_unacknowledged(kPartition) == milliseconds{0});
}

}  // namespace
}  // namespace orderflow::producers
