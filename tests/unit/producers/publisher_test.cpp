#include "producers/publisher.hpp"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

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
  core::Health health;
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
  Publisher publisher(options_for(1), parts.logger, parts.metrics, parts.health);
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
  Publisher publisher(options_for(broker.port()), parts.logger, parts.metrics, parts.health);
  publisher.begin(kPartition, 4);
  publisher.publish({message_of(5), message_of(5), message_of(6)}, seconds{10});
  REQUIRE(publisher.flush(seconds{30}));
  CHECK(publisher.marks().mark(kPartition) == 6);
  CHECK(publisher.oldest_unacknowledged(kPartition) == milliseconds{0});
}

// A broker that refuses what the test tells it to.
class RefusingBroker {
 public:
  RefusingBroker() {
    char error[256];
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), error, sizeof error);
    cluster_ = rd_kafka_mock_cluster_new(handle_, 1);
    rd_kafka_mock_topic_create(cluster_, kTopic, 1, 1);
  }
  ~RefusingBroker() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(handle_);
  }
  RefusingBroker(const RefusingBroker&) = delete;
  RefusingBroker& operator=(const RefusingBroker&) = delete;

  [[nodiscard]] core::KafkaOptions options() const {
    return {rd_kafka_mock_cluster_bootstraps(cluster_), "test", {}};
  }
  // What comes next.
  void refuse(rd_kafka_resp_err_t error) {
    constexpr std::int16_t kProduce = 0;
    rd_kafka_mock_push_request_errors(cluster_, kProduce, 1, error);
  }

 private:
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

Outgoing event_of(const std::string& order, int sequence) {
  Outgoing outgoing{{kTopic, order, "{}", {}}, kPartition, 5, true};
  outgoing.message.headers.add("ce_subject", order).add("ce_sequence", std::to_string(sequence));
  return outgoing;
}

// Until it is as wanted; the test's own time limit ends what never is.
template <typename Condition>
void poll_until(Publisher& publisher, const Condition& condition) {
  while (!condition()) publisher.poll(milliseconds{20});
}

void begin_again(Publisher& publisher) {
  poll_until(publisher, [&] { return publisher.broken(); });
  publisher.reset();
  publisher.begin(kPartition, 4);
}

// One message of a batch was refused for its size, and the whole partition stood still for ever.
TEST_CASE(
    "a message that Kafka refuses for good holds up what must not pass it, and nothing else") {
  Parts parts;
  RefusingBroker broker;
  Publisher publisher(broker.options(), parts.logger, parts.metrics, parts.health);
  publisher.begin(kPartition, 4);
  broker.refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  publisher.publish({event_of("a", 1), event_of("b", 1)}, seconds{10});
  begin_again(publisher);  // Which of a batch it was, only single messages show.

  broker.refuse(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  publisher.publish({event_of("a", 1), event_of("a", 2), event_of("b", 1)}, seconds{10});
  poll_until(publisher, [&] { return !publisher.refusals().empty(); });
  const auto refusals = publisher.refusals();
  REQUIRE(refusals.size() == 1);
  CHECK(refusals.front().subject == "a");
  CHECK(refusals.front().sequence == 1);
  CHECK(refusals.front().owner_partition == kPartition);
  CHECK(refusals.front().tags.size() == 2);
  CHECK(refusals.front().why.topic == kTopic);
  CHECK_FALSE(publisher.broken());
  CHECK(publisher.flush(seconds{30}));
  CHECK(publisher.marks().mark(kPartition) == 4);  // What follows is not durable yet.

  const auto shown = parts.health.components().at("test publishing");
  CHECK(shown.detail.find(kTopic) != std::string::npos);
  CHECK(shown.detail.find("max.message.bytes") != std::string::npos);
  publisher.settle(refusals);
  CHECK(publisher.marks().mark(kPartition) == 5);
  CHECK(publisher.refusals().empty());
}

TEST_CASE("a topic that refuses the timestamps of our clock is sent none") {
  Parts parts;
  RefusingBroker broker;
  Publisher publisher(broker.options(), parts.logger, parts.metrics, parts.health);
  publisher.begin(kPartition, 4);
  broker.refuse(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP);
  publisher.publish({event_of("a", 1)}, seconds{10});
  begin_again(publisher);
  publisher.publish({event_of("a", 1), event_of("a", 2)}, seconds{10});
  CHECK(publisher.flush(seconds{30}));
  CHECK(publisher.marks().mark(kPartition) == 5);
  CHECK(publisher.refusals().empty());
}

}  // namespace
}  // namespace orderflow::producers
