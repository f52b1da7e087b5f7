#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch_test_macros.hpp>
#include <mutex>
#include <set>

#include "core/values/digest.hpp"
#include "http-api/orders/order_writer.hpp"
#include "tests/integration/participant_harness.hpp"

// The group commit against a real database, without the front end's checks before it: what the
// database refuses must stand alone. Promise 1.
namespace orderflow::testing {
namespace {

using http_api::NewOrder;
using http_api::PlaceOutcome;
using http_api::PlaceResult;

NewOrder sound_order() {
  NewOrder order;
  order.row.id = core::ShardKey(core::new_uuid_v7());
  order.row.user_id = core::new_uuid_v7();
  order.row.items = "[]";
  order.row.total = 100;
  order.row.currency = "USD";
  order.row.delivery_address = R"({"city": "Springfield"})";
  order.trace = {"test", core::new_traceparent()};
  return order;
}

// A text that is no UTF-8.
NewOrder poisoned_order() {
  NewOrder order = sound_order();
  order.row.currency = "\xff";
  return order;
}

NewOrder keyed(NewOrder order, const std::string& key, const std::string& body) {
  order.key = http_api::IdempotencyKey{"POST /orders test", key, core::sha256(body)};
  return order;
}

class Writing {
 public:
  Writing()
      : logger_("test", core::LogLevel::kError),
        metrics_("test"),
        writer_(database_.settings(), logger_, metrics_, [this](const NewOrder& order) {
          const std::lock_guard lock(mutex_);
          placed_.insert(order.row.id.uuid);
        }) {}

  // All at once, so that they meet in batches; in the order given.
  std::vector<PlaceOutcome> write(const std::vector<NewOrder>& orders) {
    std::vector<http_api::OrderWriter::Outcome> waiting;
    for (const NewOrder& order : orders) waiting.push_back(writer_.submit(order));
    std::vector<PlaceOutcome> outcomes(orders.size());
    boost::asio::io_context context;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      boost::asio::co_spawn(context, await(waiting[i], outcomes[i]), boost::asio::detached);
    }
    context.run();
    return outcomes;
  }

  [[nodiscard]] std::int64_t count(const std::string& table) const {
    return database_.sql().number("SELECT count(*) FROM " + table);
  }
  [[nodiscard]] std::set<core::Uuid> placed() {
    const std::lock_guard lock(mutex_);
    return placed_;
  }

 private:
  static boost::asio::awaitable<void> await(http_api::OrderWriter::Outcome outcome,
                                            PlaceOutcome& into) {
    into = co_await core::OneShot<PlaceOutcome>::wait(outcome);
  }

  MigratedDatabase database_;
  core::Logger logger_;
  core::Metrics metrics_;
  std::mutex mutex_;
  std::set<core::Uuid> placed_;
  http_api::OrderWriter writer_;
};

TEST_CASE("orders that the database refuses do not take their batch along", "[order-writer]") {
  Writing writing;
  std::vector<NewOrder> orders;
  std::set<core::Uuid> sound;
  for (int i = 0; i < 300; ++i) {
    const bool bad = i % 97 == 50;
    orders.push_back(bad ? poisoned_order() : sound_order());
    if (!bad) sound.insert(orders.back().row.id.uuid);
  }
  const auto outcomes = writing.write(orders);
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const bool bad = i % 97 == 50;
    CHECK(outcomes[i].result == (bad ? PlaceResult::kRefused : PlaceResult::kPlaced));
  }
  CHECK(writing.placed() == sound);
  CHECK(writing.count("orders.orders") == 297);
  CHECK(writing.count("orders.sagas WHERE live AND wake_at > now() - interval '1 minute'") == 297);
}

TEST_CASE("a refused order leaves its key free", "[order-writer]") {
  Writing writing;
  CHECK(writing.write({keyed(poisoned_order(), "k", "bad")})[0].result == PlaceResult::kRefused);
  CHECK(writing.count("orders.idempotency_keys") == 0);
  // Within one batch too, whoever comes first.
  const auto outcomes = writing.write(
      {sound_order(), keyed(poisoned_order(), "k", "bad"), keyed(poisoned_order(), "k", "bad"),
       keyed(sound_order(), "k", "good"), keyed(sound_order(), "k", "good")});
  CHECK(outcomes[0].result == PlaceResult::kPlaced);
  CHECK(outcomes[1].result == PlaceResult::kRefused);
  CHECK(outcomes[2].result == PlaceResult::kRefused);
  CHECK(outcomes[3].result == PlaceResult::kPlaced);
  CHECK(outcomes[4].result == PlaceResult::kReplayed);
  CHECK(outcomes[4].order.id.uuid == outcomes[3].order.id.uuid);
  CHECK(writing.count("orders.orders") == 2);
}

TEST_CASE("one key makes one order, in a batch and after it", "[order-writer]") {
  Writing writing;
  std::vector<NewOrder> orders;
  for (int i = 0; i < 50; ++i) {
    orders.push_back(keyed(sound_order(), "k", i % 2 == 0 ? "one body" : "another"));
  }
  const core::Uuid first = orders[0].row.id.uuid;
  for (int round = 0; round < 2; ++round) {
    const auto outcomes = writing.write(orders);
    int placed = 0;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (outcomes[i].result == PlaceResult::kPlaced) ++placed;
      const bool same_body = i % 2 == 0;
      CHECK((outcomes[i].result == PlaceResult::kKeyReused) == !same_body);
      if (same_body) CHECK(outcomes[i].order.id.uuid == first);
    }
    CHECK(placed == (round == 0 ? 1 : 0));
    for (NewOrder& order : orders) order.row.id = core::ShardKey(core::new_uuid_v7());
  }
  CHECK(writing.count("orders.orders") == 1);
  CHECK(writing.placed().size() == 1);
}

TEST_CASE("a draft sleeps", "[order-writer]") {
  Writing writing;
  NewOrder draft = sound_order();
  draft.row.draft = true;
  CHECK(writing.write({draft})[0].result == PlaceResult::kPlaced);
  CHECK(writing.count("orders.sagas WHERE NOT live AND status = 'DRAFT' AND phase = 'draft' AND "
                      "wake_at IS NULL") == 1);
}

}  // namespace
}  // namespace orderflow::testing
