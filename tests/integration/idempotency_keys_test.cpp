#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <future>
#include <memory>
#include <pqxx/pqxx>

#include "core/values/digest.hpp"
#include "http-api/admin/housekeeper.hpp"
#include "http-api/middleware/keyed_write.hpp"
#include "http-api/orders/order_statements.hpp"
#include "tests/integration/participant_harness.hpp"
#include "tests/support/wait.hpp"

// The tables of idempotency keys against a real database: claims around midnight, and what is
// forgotten. Promise 2.
namespace orderflow::testing {
namespace {

using http_api::IdempotencyKey;
using http_api::NewOrder;

constexpr auto& kTable = http_api::kKeyTable<"payments">;

IdempotencyKey some_key() { return {"POST /things test", "k", core::sha256("a body"), &kTable}; }

// Days of which each session has its own time: a test's clock, since the server's cannot be set.
class Days {
 public:
  Days() {
    sql().execute(
        "CREATE OR REPLACE FUNCTION ops.key_slot(after interval) RETURNS integer LANGUAGE sql "
        "STABLE AS $$ SELECT extract(day FROM current_setting('tests.now')::timestamptz + after - "
        "timestamptz '1970-01-01 00:00:00+00')::integer % 4 $$");
  }

  // `time` as in "01T23:55".
  [[nodiscard]] std::unique_ptr<core::PgSession> session_at(const std::string& time) const {
    const core::DatabaseUrl url(database_.url() + " options='-c tests.now=2030-01-" + time + "Z'");
    return std::make_unique<core::PgSession>(url,
                                             core::PgSessionOptions{.application_name = "claims"});
  }
  void await_waiting_claim() const {
    wait_until("a claim waits for another transaction", [this] {
      return sql().number(
                 "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                 "application_name = 'claims' AND wait_event_type = 'Lock'") == 1;
    });
  }
  [[nodiscard]] Database sql() const { return database_.sql(); }

 private:
  MigratedDatabase database_;
};

// Whether the key could be claimed, and if so that it is from now on.
bool claim_at(const Days& days, const std::string& time) {
  const auto session = days.session_at(time);
  core::PgTransaction transaction(*session);
  if (!http_api::claim(transaction, some_key())) return false;
  transaction.commit();
  return true;
}

TEST_CASE("a key is taken today and tomorrow, and free again when it has been forgotten",
          "[idempotency-keys]") {
  const Days days;
  const auto forget_at = [&](const std::string& time) {
    (void)days.session_at(time)->execute({"forget", "SELECT ops.forget_keys('payments')"});
  };
  CHECK(claim_at(days, "01T00:05"));
  CHECK_FALSE(claim_at(days, "01T23:45"));
  CHECK_FALSE(claim_at(days, "01T23:55"));
  forget_at("02T12:00");
  CHECK_FALSE(claim_at(days, "02T12:00"));
  CHECK_FALSE(claim_at(days, "02T23:59"));
  forget_at("03T00:00");
  CHECK(claim_at(days, "03T00:00"));
}

// Partitions are used again after four days.
TEST_CASE("a key that nobody was there to forget stands for nothing, and is forgotten later",
          "[idempotency-keys]") {
  const MigratedDatabase database;
  for (const char* age : {"2 days", "3 days"}) {
    database.sql().execute(
        std::string("INSERT INTO payments.idempotency_keys (slot, scope, key, shard, request_hash, "
                    "status, location, body, created_at) SELECT ops.key_slot(interval '-") +
        age + "'), 'POST /things test', 'k', 0, '', 200, '', '{}', now() - interval '" + age + "'");
  }
  core::PgSession session(core::DatabaseUrl(database.url()), {.application_name = "claims"});
  const auto key = some_key();
  const http_api::IdempotencyKey* const only[] = {&key};
  const auto call = http_api::read_keys(kTable, only);
  CHECK(session.execute(*call.statement, call.params).rows() == 0);
  (void)session.execute({"forget", "SELECT ops.forget_keys('payments')"});
  // But for the last minutes of a day, at which tomorrow's partition is left alone.
  CHECK(database.sql().number(
            "SELECT count(*) FROM payments.idempotency_keys WHERE ops.key_slot('0') = "
            "ops.key_slot('20 minutes') OR slot <> ops.key_slot('1 day')") == 0);
}

TEST_CASE("a key of the last minutes of a day is kept for a whole day", "[idempotency-keys]") {
  const Days days;
  CHECK(claim_at(days, "01T23:55"));
  for (const std::string time : {"01T23:58", "02T00:01", "02T12:00", "02T23:54", "02T23:59"}) {
    (void)days.session_at(time)->execute({"forget", "SELECT ops.forget_keys('payments')"});
    CHECK_FALSE(claim_at(days, time));
  }
}

// While the first has not ended the second waits; then it is told what the first one got.
TEST_CASE("a key is claimed once at midnight too", "[idempotency-keys]") {
  const Days days;
  struct Meeting {
    std::string first;
    std::string second;
  };
  // Before the last minutes and within them; within them and after; both within; both after.
  const auto meeting = GENERATE(Meeting{"01T23:49:59", "01T23:50"},
                                Meeting{"01T23:59:59", "02T00:00"}, Meeting{"01T23:52", "01T23:53"},
                                Meeting{"02T00:01", "02T00:02"}, Meeting{"02T00:01", "01T23:59"});
  CAPTURE(meeting.first, meeting.second);
  const bool commits = GENERATE(true, false);
  const auto session = days.session_at(meeting.first);
  auto first = std::make_unique<core::PgTransaction>(*session);
  REQUIRE(http_api::claim(*first, some_key()));
  auto second = std::async(std::launch::async, [&] { return claim_at(days, meeting.second); });
  days.await_waiting_claim();
  if (commits) {
    first->commit();
    CHECK_FALSE(second.get());
  } else {
    first.reset();
    CHECK(second.get());
  }
}

NewOrder keyed_order() {
  NewOrder order;
  order.row.id = core::ShardKey(core::new_uuid_v7());
  order.row.user_id = core::new_uuid_v7();
  order.row.items = "[]";
  order.row.total = 100;
  order.row.currency = "USD";
  order.row.delivery_address = "{}";
  order.trace = {"test", core::new_traceparent()};
  order.key = IdempotencyKey{"POST /orders test", "k", core::sha256("a body")};
  return order;
}

TEST_CASE("an order is placed once at midnight too", "[idempotency-keys]") {
  const Days days;
  const auto place_at = [&](const std::string& time) {
    const NewOrder order = keyed_order();
    const NewOrder* const only[] = {&order};
    return days.session_at(time)->execute(http_api::insert_orders(only)).rows();
  };
  // As one of the next day would be in: its row is of that day only.
  pqxx::connection connection(days.sql().url());
  pqxx::work next_day(connection);
  next_day.exec(
      "INSERT INTO orders.idempotency_keys (slot, scope, key, shard, request_hash, order_id) "
      "SELECT extract(day FROM timestamptz '2030-01-02 00:00+00' - timestamptz '1970-01-01 "
      "00:00+00')::integer % 4, 'POST /orders test', 'k', 0, '', gen_random_uuid()");
  auto late = std::async(std::launch::async, [&] { return place_at("01T23:59:59"); });
  days.await_waiting_claim();
  next_day.commit();
  CHECK(late.get() == 0);
  CHECK(days.sql().number("SELECT count(*) FROM orders.orders") == 0);
  CHECK(place_at("02T00:01") == 0);
}

TEST_CASE("keys of the day before yesterday are forgotten, whatever their number",
          "[idempotency-keys]") {
  constexpr std::int64_t kKeysOfADay = 200'000;
  const MigratedDatabase database;
  for (const std::string context : {"identity", "catalogue", "orders", "payments"}) {
    database.sql().execute(
        "INSERT INTO " + context +
        ".idempotency_keys (slot, scope, key, shard, request_hash) SELECT ops.key_slot(d * "
        "interval '-1 day'), 'POST /things', 'k' || n, 0, '' FROM generate_series(1, " +
        std::to_string(kKeysOfADay) + ") n, generate_series(0, 2) d");
  }
  core::Logger logger("test", core::LogLevel::kError);
  core::Metrics metrics("test");
  const core::Health health;
  const http_api::ApiEnvironment environment{database.settings(), logger, metrics, health};
  const http_api::Housekeeper housekeeper(environment,
                                          {"identity", "catalogue", "orders", "payments"});
  for (const std::string context : {"identity", "catalogue", "orders", "payments"}) {
    const auto keys = [&](int days_ago) {
      return database.sql().number("SELECT count(*) FROM " + context +
                                   ".idempotency_keys WHERE slot = ops.key_slot(interval '" +
                                   std::to_string(-days_ago) + " days')");
    };
    wait_until("old keys of " + context + " are gone", [&] { return keys(2) == 0; });
    CHECK(keys(0) == kKeysOfADay);
    CHECK(keys(1) == kKeysOfADay);
  }
}

TEST_CASE("who reads old keys for long keeps nobody waiting", "[idempotency-keys]") {
  const Days days;
  CHECK(claim_at(days, "01T12:00"));
  pqxx::connection connection(days.sql().url());
  pqxx::work reading(connection);
  reading.exec("SELECT set_config('tests.now', '2030-01-03T12:00Z', false)");
  reading.exec("SELECT count(*) FROM payments.idempotency_keys");
  const auto session = days.session_at("03T12:00");
  const core::PgStatement forget{"forget", "SELECT ops.forget_keys('payments')"};
  CHECK_FALSE(session->execute(forget).boolean(0, 0));
  reading.commit();
  CHECK(session->execute(forget).boolean(0, 0));
  CHECK(days.sql().number("SELECT count(*) FROM payments.idempotency_keys") == 0);
}

}  // namespace
}  // namespace orderflow::testing
