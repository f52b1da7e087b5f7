#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <pqxx/pqxx>

#include "core/pg/database_url.hpp"
#include "http-api/live/order_feed.hpp"
#include "tests/integration/participant_harness.hpp"

// Who waits for an order is told of its changes, at once by Kafka and otherwise by the database.
namespace orderflow::testing {
namespace {

namespace asio = boost::asio;

using http_api::Checked;
using http_api::OrderFeed;
using http_api::RequestContext;
using http_api::Subscription;
using Clock = std::chrono::steady_clock;

constexpr const char* kFeedTopic = "orders.events";
constexpr std::chrono::seconds kFeedWait{20};

class OneClient final : public http_api::Client {
 public:
  explicit OneClient(std::string address) : address_(std::move(address)) {}

  void wait_on_purpose(core::Duration, std::function<void()> on_leaving) override {
    on_leaving_ = std::move(on_leaving);
  }
  [[nodiscard]] bool left() const override { return left_; }
  [[nodiscard]] std::string address() const override { return address_; }
  void leave() {
    left_ = true;
    on_leaving_();
  }

 private:
  std::string address_;
  bool left_ = false;
  std::function<void()> on_leaving_;
};

class Following {
 public:
  Following()
      : logger_("test", core::LogLevel::kError),
        metrics_("test"),
        broker_(ports_.port(0), {{kFeedTopic, kPartitions, 1}}, logger_),
        options_{"127.0.0.1:" + std::to_string(ports_.port(0)), "test", {}},
        producer_(options_, logger_, [](const core::SendReport&) {}),
        feed_(settings_from({{"DATABASE_URL", database_.url()},
                             {"KAFKA_BOOTSTRAP_SERVERS", options_.bootstrap_servers},
                             {"ORDERFLOW_WAITS_PER_CLIENT", "2"}}),
              logger_, metrics_) {}

  // What was told last may still be on its way, and holds its subscription.
  ~Following() {
    feed_.stop();
    context_.restart();
    context_.poll();
  }
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;

  [[nodiscard]] const MigratedDatabase& database() const { return database_; }

  Checked<std::shared_ptr<Subscription>> follow(OneClient& client, core::Uuid order_id,
                                                std::optional<OrderFeed::Job> job = {}) {
    const http_api::Request request;
    const http_api::Policy policy;
    RequestContext context{request, "", policy};
    context.client = &client;
    return run(feed_.follow(context, order_id, kFeedWait, std::move(job)));
  }

  // Whether the subscription is told of something in time.
  bool notified(const std::shared_ptr<Subscription>& subscription) {
    const auto until = Clock::now() + kFeedWait;
    auto wait = [&]() -> asio::awaitable<bool> {
      co_await subscription->wait_until(until);
      co_return Clock::now() < until;
    };
    return run(wait());
  }

  void publish(const core::Uuid& order_id) {
    core::OutgoingMessage message;
    message.topic = kFeedTopic;
    message.key = order_id.to_string();
    message.partition = 1;
    REQUIRE(producer_.send(message, 0) == core::Sent::kYes);
    REQUIRE(producer_.flush(kFeedWait));
  }

 private:
  template <typename T>
  T run(asio::awaitable<T> work) {
    std::optional<T> result;
    asio::co_spawn(context_, std::move(work), [&](const std::exception_ptr& failure, T value) {
      if (failure) std::rethrow_exception(failure);
      result = std::move(value);
    });
    context_.restart();
    context_.run();
    return std::move(result.value());
  }

  MigratedDatabase database_;
  core::Logger logger_;
  core::Metrics metrics_;
  PortBlock ports_;
  core::EmbeddedBroker broker_;
  core::KafkaOptions options_;
  core::KafkaProducer producer_;
  asio::io_context context_;
  OrderFeed feed_;
};

TEST_CASE("the first who waits after a quiet time is told at once what Kafka has just said",
          "[integration]") {
  Following following;
  // The query that would tell the same within a second is held up.
  pqxx::connection connection(core::DatabaseUrl(following.database().url()).conninfo());
  pqxx::work lock(connection);
  lock.exec("LOCK TABLE orders.requests IN ACCESS EXCLUSIVE MODE");
  OneClient client("192.0.2.1");
  const auto order_id = core::new_uuid_v7();
  const auto subscription = following.follow(client, order_id);
  REQUIRE(subscription);
  for (int i = 0; i < 3; ++i) {
    INFO(i);
    following.publish(order_id);
    CHECK(following.notified(*subscription));
  }
}

TEST_CASE("a job that is refused is told to whoever waits, though no event tells of it",
          "[integration]") {
  Following following;
  pqxx::connection connection(core::DatabaseUrl(following.database().url()).conninfo());
  const auto order_id = core::new_uuid_v7();
  const OrderFeed::Job job{core::new_uuid_v7(), "accepted"};
  const auto sql = [&connection](const std::string& text) {
    pqxx::work work(connection);
    work.exec(text);
    work.commit();
  };
  sql("INSERT INTO orders.requests (id, order_id, shard, kind, actor, correlation_id, traceparent) "
      "VALUES ('" +
      job.id.to_string() + "', '" + order_id.to_string() + "', 1, 'cancel', 'a test', 'c', '')");
  OneClient client("192.0.2.1");
  const auto subscription = following.follow(client, order_id, job);
  REQUIRE(subscription);
  sql("UPDATE orders.requests SET state = 'refused' WHERE id = '" + job.id.to_string() + "'");
  CHECK(following.notified(*subscription));
}

TEST_CASE("whoever waits is told that the client has left", "[integration]") {
  Following following;
  OneClient client("192.0.2.1");
  const auto subscription = following.follow(client, core::new_uuid_v7());
  REQUIRE(subscription);
  client.leave();
  CHECK(following.notified(*subscription));
}

TEST_CASE("one client does not take everybody's waits", "[integration]") {
  Following following;
  OneClient greedy("192.0.2.1");
  OneClient other("192.0.2.2");
  const auto order_id = core::new_uuid_v7();
  auto first = following.follow(greedy, order_id);
  const auto second = following.follow(greedy, order_id);
  REQUIRE(first);
  REQUIRE(second);
  const auto third = following.follow(greedy, order_id);
  REQUIRE_FALSE(third);
  CHECK(third.error().status == 429);
  CHECK(third.error().retry_after_seconds > 0);
  CHECK(following.follow(other, order_id));
  first->reset();
  CHECK(following.follow(greedy, order_id));
}

}  // namespace
}  // namespace orderflow::testing
