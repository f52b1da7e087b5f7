#include <catch2/catch_test_macros.hpp>

#include "consumers/participants/delivery_handler.hpp"
#include "tests/integration/participant_messages.hpp"

// The delivery role against PostgreSQL, without an owner loop: what its batches read and write.
// Promise 2.
namespace orderflow::testing {
namespace {

using consumers::DeliveryHandler;
using core::OutgoingMessage;
using core::Uuid;
using std::chrono::seconds;

struct Deliveries {
  MigratedDatabase database;
  MessageMill mill{kCommandsTopic};
  core::Logger logger{"delivery", core::LogLevel::kError};
  core::Metrics metrics{"test"};
  DeliveryHandler handler{options(), logger, metrics};
  HandlerDriver driver{handler, database.url(), "orderflow_delivery"};

  static consumers::DeliveryHandlerOptions options(std::size_t timer_limit = 100'000) {
    consumers::DeliveryHandlerOptions options{
        "orders.inbox", domain::Simulation({1, 0, 0, 0, true}), {}};
    options.policy = {seconds{20}, seconds{2}, seconds{30}};
    options.timer_limit = timer_limit;
    options.row_limit = timer_limit;
    return options;
  }
  [[nodiscard]] std::string status(const Uuid& id) const {
    return database.sql().text(
        "SELECT status || CASE WHEN live THEN ' live' ELSE '' END "
        "FROM delivery.deliveries WHERE id = '" +
        id.to_string() + "'");
  }
};

Uuid order_of(const Uuid& delivery) { return core::derived_uuid(delivery, "order"); }

OutgoingMessage delivery_message(const events::DeliveryCommand& command, const Uuid& order,
                                 int attempt = 1) {
  return events::encode(command, to_key(order, attempt));
}
OutgoingMessage schedule(const Uuid& id) {
  return delivery_message(events::ScheduleDelivery{id, order_of(id), R"({"name":"Alice"})"},
                          order_of(id));
}
OutgoingMessage cancel(const Uuid& id) {
  return delivery_message(events::CancelDelivery{id, order_of(id)}, order_of(id));
}
OutgoingMessage acknowledge(const Uuid& id) {
  return delivery_message(events::AcknowledgeReport{id, order_of(id)}, order_of(id));
}

TEST_CASE("delivery: scheduled, delivered when due, reported until acknowledged") {
  Deliveries it;
  const Uuid id = core::new_uuid_v7();
  const auto replies = it.driver.run(it.mill.pass({schedule(id)}));
  REQUIRE(replies.size() == 1);
  CHECK(Json::parse(replies[0].message.body).at("data").contains("tracking_number"));
  CHECK(it.status(id) == "SCHEDULED live");
  CHECK(it.driver.run({}).empty());

  it.driver.now += seconds{20};
  CHECK(it.handler.next_due() <= it.driver.now);
  const auto report = it.driver.run({});
  REQUIRE(report.size() == 1);
  CHECK(it.driver.touched.size() == 1);
  CHECK(header(report[0].message, "ce_type") == events::DeliveryReport::kType);
  CHECK(header(report[0].message, "correlation_id") == "test-1");
  CHECK(report[0].message.key == order_of(id).to_string());
  CHECK(it.status(id) == "DELIVERED live");
  CHECK(it.driver.run({}).empty());

  it.driver.now += seconds{2};
  CHECK(bodies(it.driver.run({})) == bodies(report));
  it.driver.now += seconds{3};
  CHECK(it.driver.run({}).empty());
  CHECK(it.driver.run(it.mill.pass({acknowledge(id)})).empty());
  CHECK(it.status(id) == "DELIVERED");
  it.driver.now += seconds{60};
  CHECK(it.driver.run({}).empty());
  CHECK(bodies(it.driver.run(it.mill.pass({cancel(id)}))).at(0).at("code") == "too_late");
  CHECK(bodies(it.driver.run(it.mill.pass({schedule(id)}))).at(0) ==
        Json::parse(replies[0].message.body));
}

TEST_CASE("delivery: parcels that arrive shortly after one another are reported together") {
  Deliveries it;
  auto options = Deliveries::options();
  options.overdue_interval = std::chrono::minutes{1};
  DeliveryHandler handler(options, it.logger, it.metrics);
  HandlerDriver driver(handler, it.database.url(), "orderflow_delivery");
  (void)driver.run(it.mill.pass({schedule(core::new_uuid_v7())}));
  driver.now += std::chrono::milliseconds{30};
  (void)driver.run(it.mill.pass({schedule(core::new_uuid_v7())}));
  driver.now = handler.next_due();
  CHECK(handler.oldest_ready(driver.now) == core::Duration{0});
  CHECK(driver.run({}).size() == 2);
}

TEST_CASE("delivery: where acknowledgements take long a report is not repeated in the meantime") {
  Deliveries it;
  std::vector<OutgoingMessage> commands, acknowledgements;
  for (int i = 0; i < 50; ++i) {
    const Uuid id = core::new_uuid_v7();
    commands.push_back(schedule(id));
    acknowledgements.push_back(acknowledge(id));
  }
  (void)it.driver.run(it.mill.pass(commands));
  it.driver.now += seconds{20};
  CHECK(it.driver.run({}).size() == 50);
  it.driver.now += seconds{4};
  (void)it.driver.run(it.mill.pass(acknowledgements));

  (void)it.driver.run(it.mill.pass({schedule(core::new_uuid_v7())}));
  it.driver.now += seconds{20};
  CHECK(it.driver.run({}).size() == 1);
  it.driver.now += seconds{5};
  CHECK(it.driver.run({}).empty());
  it.driver.now += seconds{4};
  CHECK(it.driver.run({}).size() == 1);
}

TEST_CASE("delivery: while nobody acknowledges reports, a hundred of them are sent each interval") {
  constexpr int kOrders = 250;
  constexpr auto kWindow = consumers::ReportWindow::kSize;
  Deliveries it;
  std::vector<OutgoingMessage> commands, acknowledgements;
  for (int i = 0; i < kOrders; ++i) {
    const Uuid id = core::new_uuid_v7();
    commands.push_back(schedule(id));
    acknowledgements.push_back(acknowledge(id));
  }
  (void)it.driver.run(it.mill.pass(commands));
  it.driver.now += seconds{20};
  CHECK(it.driver.run({}).size() == kOrders);
  for (int round = 0; round < 5; ++round) {
    it.driver.now += seconds{31};
    CHECK(it.driver.run({}).size() == kWindow);
    CHECK(it.handler.next_due() > it.driver.now);
    CHECK(it.driver.run({}).empty());
  }
  (void)it.driver.run(it.mill.pass({acknowledgements.front()}));
  it.driver.now += seconds{1};
  // Those of the last window are not due yet.
  CHECK(it.driver.run({}).size() >= kOrders - 1 - kWindow);
}

// Partition 0's hundred were due again each time, and nobody else's were ever sent.
TEST_CASE("delivery: where few reports may be sent, those of each partition get their turn") {
  Deliveries it;
  std::vector<OutgoingMessage> commands;
  std::map<std::int32_t, std::size_t> wanted{{0, 2 * consumers::ReportWindow::kSize}, {1, 10}};
  for (Uuid id; wanted[0] + wanted[1] > 0; id = core::new_uuid_v7()) {
    auto& left = wanted[core::ShardKey(order_of(id)).partition(kPartitions)];
    if (left > 0) commands.push_back(schedule(id)), --left;
  }
  (void)it.driver.run(it.mill.pass(commands));
  it.driver.now += seconds{20};
  REQUIRE(it.driver.run({}).size() == commands.size());
  it.driver.now += seconds{31};
  std::set<std::int32_t> reported;
  for (int round = 0; round < 3; ++round, it.driver.now += seconds{31}) {
    for (const auto& report : it.driver.run({})) reported.insert(report.owner_partition);
  }
  CHECK(reported == std::set<std::int32_t>{0, 1});
}

TEST_CASE("delivery: timers survive a new owner, a discarded batch and a full memory") {
  Deliveries it;
  std::vector<Uuid> ids;
  std::vector<OutgoingMessage> commands;
  for (int i = 0; i < 50; ++i) commands.push_back(schedule(ids.emplace_back(core::new_uuid_v7())));
  (void)it.driver.run(it.mill.pass(commands));
  it.driver.now += seconds{20};

  SECTION("a discarded batch fires again") {
    const auto draft = it.driver.prepare({});
    CHECK(draft.calls.size() == 1);
    it.handler.discarded();
    CHECK(it.driver.run({}).size() == 50);
  }
  SECTION("a stuck partition's timers wait") {
    it.driver.stuck = {0, 1, 2, 3};
    CHECK(it.driver.run({}).empty());
    CHECK(it.handler.next_due() > it.driver.now);
    it.driver.stuck.clear();
    it.driver.now += seconds{2};
    CHECK(it.driver.run({}).size() == 50);
  }
  SECTION("a new owner finds them") {
    DeliveryHandler next(Deliveries::options(), it.logger, it.metrics);
    HandlerDriver driver(next, it.database.url(), "orderflow_delivery");
    driver.now = it.driver.now;
    CHECK(driver.run({}).size() == 50);
  }
  SECTION("what memory did not hold is read when it is overdue") {
    DeliveryHandler next(Deliveries::options(10), it.logger, it.metrics);
    HandlerDriver driver(next, it.database.url(), "orderflow_delivery");
    driver.now = it.driver.now;
    std::size_t reports = 0;
    for (int i = 0; i < 12 && reports < 50; ++i) {
      reports += driver.run({}).size();
      driver.now += std::chrono::milliseconds{100};
      // Due again only after two seconds, so every report so far is a first one.
      if (i % 2 == 1)
        (void)next.granted(driver.grants(), driver.grants(), kPartitions, driver.session());
    }
    CHECK(reports == 50);
  }
  SECTION("what another owner wrote meanwhile counts, not what is remembered") {
    DeliveryHandler next(Deliveries::options(), it.logger, it.metrics);
    HandlerDriver driver(next, it.database.url(), "orderflow_delivery");
    driver.now = it.driver.now;
    CHECK(driver.run({}).size() == 50);
    (void)it.handler.granted(it.driver.grants(), it.driver.grants(), kPartitions,
                             it.driver.session());
    CHECK(bodies(it.driver.run(it.mill.pass({cancel(ids[0])}))).at(0).at("code") == "too_late");
  }
  SECTION("a partition that was dropped is silent") {
    it.handler.dropped({0, 1, 2, 3});
    CHECK(it.handler.next_due() == core::Time::max());
    CHECK(it.driver.run({}).empty());
  }
}

TEST_CASE(
    "delivery: a cancel before its schedule voids it, a cancel before the carrier calls it off") {
  Deliveries it;
  const Uuid early = core::new_uuid_v7();
  const Uuid normal = core::new_uuid_v7();
  const auto replies = bodies(it.driver.run(
      it.mill.pass({cancel(early), schedule(early), schedule(normal), cancel(normal)})));
  REQUIRE(replies.size() == 4);
  CHECK(it.status(early) == "VOIDED");
  CHECK(it.status(normal) == "CANCELLED");
  it.driver.now += seconds{60};
  CHECK(it.driver.run({}).empty());
}

}  // namespace
}  // namespace orderflow::testing
