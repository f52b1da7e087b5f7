// A broker that forgets what nobody had read, in the ways a real Kafka does. Promise 5: it costs
// time, never an order.
#include <librdkafka/rdkafka.h>

#include <catch2/catch_test_macros.hpp>
#include <mutex>
#include <stop_token>
#include <thread>

#include "core/kafka/message.hpp"
#include "core/kafka/options.hpp"
#include "core/kafka/producer.hpp"
#include "core/observe/log.hpp"
#include "core/values/failure.hpp"
#include "events/roles.hpp"
#include "tests/support/shop.hpp"

namespace orderflow::testing {
namespace {

constexpr std::int64_t kOpeningBalance = 1'000'000;
constexpr std::int64_t kPrice = 100;

struct Owner {
  std::string role;
  std::string topic;
  std::string schema;
};

std::vector<Owner> all_owners() {
  std::vector<Owner> owners;
  for (const events::Role& row : events::kOwners) {
    owners.push_back({std::string(row.name), std::string(row.topic), std::string(row.schema)});
  }
  return owners;
}

// A customer that goes on placing orders until the object ends; it repeats what is not answered.
class SteadyCustomer {
 public:
  SteadyCustomer(System& system, const std::string& user, const std::string& product)
      : http_(system.http()),
        body_(Shop::order_body(user, product).dump()),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

  [[nodiscard]] std::vector<std::string> stop() {
    thread_.request_stop();
    thread_.join();
    return ids_;
  }
  [[nodiscard]] std::size_t accepted() {
    const std::lock_guard lock(mutex_);
    return ids_.size();
  }

 private:
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto answer =
          http_.try_request("POST", "/orders", body_, {{"Idempotency-Key", fresh_key()}});
      if (!answer || answer->status != 202) continue;
      const std::lock_guard lock(mutex_);
      ids_.push_back(Json::parse(answer->body).at("id"));
      if (ids_.size() >= kOrdersMax) return;
    }
  }

  static constexpr std::size_t kOrdersMax = 3'000;
  HttpClient http_;
  std::string body_;
  std::mutex mutex_;
  std::vector<std::string> ids_;
  std::jthread thread_;
};

std::vector<std::int64_t> stored_offsets(const System& system, const std::string& schema) {
  std::vector<std::int64_t> offsets;
  for (const auto& row : system.database().rows("SELECT next_offset FROM " + schema +
                                                ".partitions ORDER BY partition")) {
    offsets.push_back(std::stoll(row.at(0).value()));
  }
  return offsets;
}

// How many messages of a topic its owners have not read.
std::int64_t unread(const System& system, const Owner& owner) {
  const auto marks = system.kafka().watermarks(owner.topic);
  const auto next = stored_offsets(system, owner.schema);
  std::int64_t sum = 0;
  for (std::size_t p = 0; p < marks.size(); ++p) {
    sum += std::max<std::int64_t>(0, marks[p].second - std::max(next.at(p), marks[p].first));
  }
  return sum;
}

void conclude(System& system, const Shop& shop, const std::string& user,
              const std::vector<std::string>& ids) {
  for (const auto& id : ids) REQUIRE(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == kOpeningBalance - kPrice * static_cast<std::int64_t>(ids.size()));
  system.conclude();
}

TEST_CASE("unread messages are deleted under load", "[own][forgetting]") {
  System system({.name = "delete-records", .settings = {{"LOG_LEVEL", "info"}}});
  const Shop shop(system);
  const auto user = shop.new_user(kOpeningBalance);
  SteadyCustomer customer(system, user, shop.new_product(kPrice));
  for (int round = 0; round < 2; ++round) {
    for (const Owner& owner : all_owners()) {
      CAPTURE(owner.role, round);
      const auto before = customer.accepted();
      system.process(owner.role).freeze();
      wait_until("something is unread and orders are accepted",
                 [&] { return unread(system, owner) >= 10 && customer.accepted() >= before + 10; });
      system.kafka().delete_records(owner.topic);
      system.process(owner.role).thaw();
      wait_until("the owner goes on", [&] { return unread(system, owner) < 10; });
    }
  }
  conclude(system, shop, user, customer.stop());
}

TEST_CASE("unread messages expire, and go on expiring", "[own][forgetting]") {
  System system({.name = "retention", .own_broker = true});
  const Shop shop(system);
  const auto user = shop.new_user(kOpeningBalance);
  const auto product = shop.new_product(kPrice);
  std::vector<std::string> ids;
  const auto place = [&](int count) {
    for (int i = 0; i < count; ++i) ids.push_back(shop.place(user, product));
  };
  system.process("orchestrator").freeze();
  place(30);
  wait_until("all of them wait", [&] { return unread(system, all_owners().front()) >= 30; });
  for (const Owner& owner : all_owners()) {
    system.kafka().configure_topic(owner.topic, "retention.ms", "1");
  }
  wait_until("the broker has let them expire", [&] {
    for (const auto& [low, high] : system.kafka().watermarks("orders.inbox")) {
      if (low < high) return false;
    }
    return true;
  });
  system.process("orchestrator").thaw();
  place(30);
  conclude(system, shop, user, ids);
}

// The broker is, to its clients, the one it was, and has at each stored offset a message: only not
// the one that was meant. Nothing tells the owner that what it goes on with is another log.
TEST_CASE("a wiped broker has grown past the stored offsets", "[own][forgetting]") {
  System system({.name = "regrown", .own_broker = true});
  const Shop shop(system);
  const auto user = shop.new_user(kOpeningBalance);
  const auto product = shop.new_product(kPrice);
  std::vector<std::string> ids;
  const auto place = [&](int count) {
    for (int i = 0; i < count; ++i) ids.push_back(shop.place(user, product));
  };
  place(30);
  for (const auto& id : ids) REQUIRE(shop.await_end(id) == "DELIVERED");
  std::map<std::string, std::vector<RawMessage>> old;
  for (const Owner& owner : all_owners()) old[owner.topic] = system.kafka().read(owner.topic);

  system.consumer().catch_up();
  for (const Owner& owner : all_owners()) REQUIRE(system.process(owner.role).terminate() == 0);
  system.private_kafka().wipe();
  system.consumer().start_again(false);
  wait_until("the topics are there again", [&] {
    return system.kafka().answers() && system.kafka().partitions("delivery.commands") == 8 &&
           system.kafka().partitions("orders.inbox") == 8 &&
           system.kafka().partitions("payments.commands") == 8;
  });
  // These lie before the stored offsets, so nobody will ever read them.
  place(10);
  for (const Owner& owner : all_owners()) {
    const auto stored = stored_offsets(system, owner.schema);
    for (std::int32_t p = 0; p < static_cast<std::int32_t>(stored.size()); ++p) {
      std::vector<RawMessage> again;
      for (const auto& message : old[owner.topic]) {
        if (message.partition == p) again.push_back(message);
      }
      const auto rubbish = stored[static_cast<std::size_t>(p)];
      again.insert(again.begin(), static_cast<std::size_t>(rubbish),
                   RawMessage{.key = "rubbish",
                              .body = "not for anyone",
                              .headers = {{"ce_source", "/test/rubbish"}, {"ce_type", "x"}}});
      system.kafka().produce_all(owner.topic, p, again);
    }
  }
  for (const Owner& owner : all_owners()) system.start(owner.role);
  place(10);
  conclude(system, shop, user, ids);
}

TEST_CASE("after a producer's fatal error nothing is taken, and a new one goes on",
          "[own][forgetting]") {
  System system({.name = "fatal", .roles = {"api"}});
  wait_until("the topics are there",
             [&] { return system.kafka().partitions("orders.events") > 0; });
  core::Logger logger("test", core::LogLevel::kError);
  const core::KafkaOptions options{required_variable("ORDERFLOW_TEST_KAFKA"), "fatal", {}};
  const core::OutgoingMessage message{system.prefix() + "delivery.commands", "key", "{}", {}};
  std::vector<std::pair<std::uint64_t, bool>> reports;
  const auto note = [&](const core::SendReport& report) {
    reports.emplace_back(report.tag(), report.stored());
  };
  {
    core::KafkaProducer producer(options, logger, note);
    REQUIRE(producer.send(message, 1) == core::Sent::kYes);
    REQUIRE(producer.flush(std::chrono::seconds{10}));
    REQUIRE(rd_kafka_test_fatal_error(producer.handle(),
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                                      "as a broker says that lost the producer") == 0);
    CHECK(producer.failed());
    CHECK_THROWS_AS((void)producer.send(message, 2), core::Unavailable);
  }
  core::KafkaProducer producer(options, logger, note);
  REQUIRE(producer.send(message, 3) == core::Sent::kYes);
  CHECK(producer.flush(std::chrono::seconds{10}));
  CHECK(reports == std::vector<std::pair<std::uint64_t, bool>>{{1, true}, {3, true}});
}

}  // namespace
}  // namespace orderflow::testing
