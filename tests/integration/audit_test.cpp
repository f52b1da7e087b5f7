#include <catch2/catch_test_macros.hpp>

#include "tests/integration/participant_harness.hpp"
#include "tools/all_settings.hpp"
#include "tools/audit.hpp"

// An auditor that finds nothing proves nothing until it has found what was hidden from it: each
// promise is broken by hand once. Promises 1 to 4.
namespace orderflow::testing {
namespace {

constexpr const char* kOrder = "00000000-0000-4000-8000-0000000000a1";
constexpr const char* kCancelled = "00000000-0000-4000-8000-0000000000a2";

// One delivered and one cancelled order of a user who opened with 1,000, all as it should be.
constexpr const char* kSoundWorld = R"(
INSERT INTO payments.accounts (id, shard, currency, opening, balance, ledger_sequence)
VALUES ('00000000-0000-4000-8000-0000000000b1', 2, 'USD', 1000, 800, 4);
INSERT INTO orders.orders (id, shard, user_id, items, total, currency, delivery_address,
                           correlation_id, traceparent, created_at)
SELECT id, 1, '00000000-0000-4000-8000-0000000000b1', '[]', 300, 'USD', '{}', 'c', 't', now()
FROM unnest('{00000000-0000-4000-8000-0000000000a1,
              00000000-0000-4000-8000-0000000000a2}'::uuid[]) AS id;
INSERT INTO orders.sagas (order_id, user_id, shard, live, status, resting_status, phase, steps,
                          event_sequence, payment_id, updated_at) VALUES
 ('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000b1', 1, false,
  'DELIVERED', 'DELIVERED', 'ended', 'payment:done,delivery:done', 4,
  '00000000-0000-4000-8000-0000000000c1', now() - interval '1 minute'),
 ('00000000-0000-4000-8000-0000000000a2', '00000000-0000-4000-8000-0000000000b1', 1, false,
  'CANCELLED', 'CANCELLED', 'ended', 'payment:undone', 4, '00000000-0000-4000-8000-0000000000c2',
  now() - interval '1 minute');
INSERT INTO orders.events (order_id, shard, sequence, partition, batch_no, ordinal, type, status,
                           time, actor, correlation_id, traceparent, data)
SELECT order_id::uuid, 1, sequence, 0, 1, 1, 'x', status, now(), 'a', 'c', 't', '{}'
FROM (VALUES ('00000000-0000-4000-8000-0000000000a1', 1, 'PENDING_PAYMENT'),
             ('00000000-0000-4000-8000-0000000000a1', 2, 'PAID'),
             ('00000000-0000-4000-8000-0000000000a1', 3, 'DELIVERY_SCHEDULED'),
             ('00000000-0000-4000-8000-0000000000a1', 4, 'DELIVERED'),
             ('00000000-0000-4000-8000-0000000000a2', 1, 'PENDING_PAYMENT'),
             ('00000000-0000-4000-8000-0000000000a2', 2, 'PAID'),
             ('00000000-0000-4000-8000-0000000000a2', 3, 'CANCELLING'),
             ('00000000-0000-4000-8000-0000000000a2', 4, 'CANCELLED'))
  AS e(order_id, sequence, status);
INSERT INTO payments.payments (id, order_id, account_id, shard, amount, currency, status,
                               undone_amount, refunded_amount, undone_at, correlation_id) VALUES
 ('00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-0000000000a1',
  '00000000-0000-4000-8000-0000000000b1', 2, 300, 'USD', 'PARTLY_REFUNDED', 0, 100, NULL, 'c'),
 ('00000000-0000-4000-8000-0000000000c2', '00000000-0000-4000-8000-0000000000a2',
  '00000000-0000-4000-8000-0000000000b1', 2, 300, 'USD', 'REFUNDED', 300, 0, now(), 'c');
INSERT INTO payments.refunds (id, payment_id, order_id, account_id, shard, amount, status) VALUES
 ('00000000-0000-4000-8000-0000000000d1', '00000000-0000-4000-8000-0000000000c1',
  '00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000b1', 2, 100,
  'DONE');
INSERT INTO payments.ledger (account_id, shard, sequence, kind, reference, amount, balance_after)
VALUES
 ('00000000-0000-4000-8000-0000000000b1', 2, 1, 'capture', '00000000-0000-4000-8000-0000000000c1',
  -300, 700),
 ('00000000-0000-4000-8000-0000000000b1', 2, 2, 'capture', '00000000-0000-4000-8000-0000000000c2',
  -300, 400),
 ('00000000-0000-4000-8000-0000000000b1', 2, 3, 'undo', '00000000-0000-4000-8000-0000000000c2',
  300, 700),
 ('00000000-0000-4000-8000-0000000000b1', 2, 4, 'refund', '00000000-0000-4000-8000-0000000000d1',
  100, 800);
INSERT INTO delivery.deliveries (id, order_id, shard, status, delivery_address, correlation_id)
VALUES ('00000000-0000-4000-8000-0000000000e1', '00000000-0000-4000-8000-0000000000a1', 1,
        'DELIVERED', '{}', 'c');
INSERT INTO orders.requests (id, order_id, shard, kind, state, handled, actor, correlation_id,
                             traceparent)
VALUES ('00000000-0000-4000-8000-0000000000f1', '00000000-0000-4000-8000-0000000000a1', 1, 'refund',
        'done', true, 'a', 'c', 't');
)";

struct Break {
  const char* how;
  std::vector<std::string> found_by;
  const char* id = kOrder;
};

const Break kBreaks[] = {
    {"DELETE FROM orders.sagas WHERE status = 'DELIVERED'", {"every order has a saga"}},
    {"UPDATE orders.sagas SET user_id = gen_random_uuid() WHERE status = 'DELIVERED'",
     {"a saga has its order's user"}},
    {"UPDATE orders.sagas SET resting_status = 'CANCELLED' WHERE status = 'DELIVERED'",
     {"lists find a saga at its status"}},
    {"UPDATE orders.sagas SET status = 'PAID' WHERE status = 'DELIVERED'",
     {"lists find a saga at its status", "orders at rest are finished",
      "status follows from history", "deliveries fit the status"}},
    {"DELETE FROM orders.events WHERE status = 'DELIVERY_SCHEDULED'",
     {"events are gap-free", "every transition is legal"}},
    {"UPDATE orders.sagas SET event_sequence = 5 WHERE status = 'DELIVERED'",
     {"events are gap-free", "status follows from history"}},
    {"DELETE FROM orders.events WHERE sequence = 1 AND order_id = "
     "'00000000-0000-4000-8000-0000000000a1'",
     {"events are gap-free", "every transition is legal"}},
    {"UPDATE orders.events SET status = 'PAYMENT_FAILED' WHERE status = 'DELIVERY_SCHEDULED'",
     {"every transition is legal"}},
    {"UPDATE payments.payments SET undone_at = now() WHERE undone_at IS NULL",
     {"money kept fits the status", "payments fit the ledger", "no delivery without a capture"}},
    {"UPDATE payments.payments SET undone_at = NULL WHERE status = 'REFUNDED'",
     {"money kept fits the status"},
     kCancelled},
    {"UPDATE orders.orders SET total = 301 WHERE id = '00000000-0000-4000-8000-0000000000a1'",
     {"money kept fits the status"}},
    {"INSERT INTO payments.payments (id, order_id, account_id, shard, amount, currency, status, "
     "correlation_id) SELECT gen_random_uuid(), order_id, account_id, shard, amount, currency, "
     "'CAPTURED', 'c' FROM payments.payments WHERE undone_at IS NULL",
     {"money kept fits the status", "payments fit the ledger"}},
    {"UPDATE payments.payments SET refunded_amount = 99 WHERE refunded_amount = 100",
     {"payments fit the ledger"}},
    {"UPDATE payments.payments SET undone_amount = 200 WHERE undone_amount = 300",
     {"payments fit the ledger"},
     kCancelled},
    {"DELETE FROM delivery.deliveries", {"deliveries fit the status"}},
    {"INSERT INTO delivery.deliveries (id, order_id, shard, status, delivery_address, "
     "correlation_id) VALUES (gen_random_uuid(), '00000000-0000-4000-8000-0000000000a2', 1, "
     "'SCHEDULED', '{}', 'c')",
     {"deliveries fit the status", "no delivery without a capture"},
     kCancelled},
    {"UPDATE orders.requests SET state = 'running'",
     {"every request of an order at rest has ended"}},
    {"UPDATE payments.accounts SET balance = 801",
     {"balances are opening plus ledger", "all accounts sum to zero"},
     "00000000-0000-4000-8000-0000000000b1"},
    {"UPDATE orders.events SET shard = 7 WHERE status = 'DELIVERED'",
     {"rows lie in their order's shard"}},
    {"UPDATE orders.orders SET shard = 7 WHERE id = '00000000-0000-4000-8000-0000000000a2'",
     {"rows lie in their order's shard"},
     kCancelled},
    {"UPDATE payments.refunds SET shard = 7",
     {"rows lie in their account's shard"},
     "00000000-0000-4000-8000-0000000000b1"},
    {"UPDATE payments.ledger SET shard = 7 WHERE sequence = 2",
     {"rows lie in their account's shard"},
     "00000000-0000-4000-8000-0000000000b1"},
    {"UPDATE payments.ledger SET sequence = 9 WHERE sequence = 4",
     {"balances are opening plus ledger", "ledger rows chain"},
     "00000000-0000-4000-8000-0000000000b1"},
    {"UPDATE payments.ledger SET balance_after = 1 WHERE sequence = 2",
     {"ledger rows chain"},
     "00000000-0000-4000-8000-0000000000b1"},
    {"INSERT INTO payments.ledger (account_id, shard, sequence, kind, reference, amount, "
     "balance_after) VALUES ('00000000-0000-4000-8000-0000000000b9', 1, 1, 'capture', "
     "gen_random_uuid(), -1, 0)",
     {"every ledger row belongs to an account"},
     "00000000-0000-4000-8000-0000000000b9"},
    {"INSERT INTO payments.payments (id, order_id, account_id, shard, amount, currency, status, "
     "correlation_id) VALUES ('00000000-0000-4000-8000-0000000000c9', gen_random_uuid(), "
     "gen_random_uuid(), 1, 1, 'USD', 'REFUSED', 'c')",
     {"every payment belongs to an order"},
     "00000000-0000-4000-8000-0000000000c9"},
    {"INSERT INTO delivery.deliveries (id, order_id, shard, status, delivery_address, "
     "correlation_id) VALUES ('00000000-0000-4000-8000-0000000000e9', gen_random_uuid(), 1, "
     "'REFUSED', '{}', 'c')",
     {"every delivery belongs to an order"},
     "00000000-0000-4000-8000-0000000000e9"},
    {"INSERT INTO orders.events SELECT '00000000-0000-4000-8000-0000000000ff', shard, sequence, "
     "partition, batch_no, ordinal, type, status, time, actor, correlation_id, traceparent, data "
     "FROM orders.events LIMIT 1",
     {"every event belongs to an order"},
     "00000000-0000-4000-8000-0000000000ff"},
};

const tools::AuditResult* result_of(const std::vector<tools::AuditResult>& results,
                                    const std::string& check) {
  for (const auto& result : results) {
    if (result.check == check) return &result;
  }
  return nullptr;
}

void wipe(const Database& sql) {
  sql.execute(
      "TRUNCATE orders.orders, orders.sagas, orders.events, orders.requests, payments.accounts, "
      "payments.payments, payments.refunds, payments.ledger, delivery.deliveries");
}

TEST_CASE("audit: a sound database has no findings, each broken promise is found and named") {
  const MigratedDatabase database;
  const auto sql = database.sql();
  core::PgSession session(core::DatabaseUrl(database.url()), {.application_name = "test"});
  wipe(sql);
  sql.execute(kSoundWorld);
  // Chunks smaller than the world, so that their seams are walked over, too.
  for (const int chunk : {1, 2, 2'000}) {
    for (const auto& result : tools::audit(session, {true, chunk})) {
      INFO(result.check << (result.first.empty() ? "" : ": " + result.first[0].why));
      CHECK(result.findings == 0);
    }
  }
  CHECK(result_of(tools::audit(session, {}), "events are gap-free")->rows == 2);

  for (const auto& broken : kBreaks) {
    INFO(broken.how);
    wipe(sql);
    sql.execute(kSoundWorld);
    sql.execute(broken.how);
    const auto results = tools::audit(session, {false, 1});
    for (const auto& check : broken.found_by) {
      INFO(check);
      const auto* result = result_of(results, check);
      REQUIRE(result != nullptr);
      REQUIRE(result->findings >= 1);
      if (check != "all accounts sum to zero") CHECK(result->first[0].id == broken.id);
    }
  }
}

TEST_CASE("audit: an order that is not at rest is left alone, unless asked strictly") {
  const MigratedDatabase database;
  const auto sql = database.sql();
  core::PgSession session(core::DatabaseUrl(database.url()), {.application_name = "test"});
  wipe(sql);
  sql.execute(kSoundWorld);
  sql.execute(
      "UPDATE orders.sagas SET live = true, resting_status = NULL, status = 'PAID'"
      " WHERE status = 'DELIVERED'");
  const auto findings = [&](bool strict) {
    std::int64_t sum = 0;
    for (const auto& result : tools::audit(session, {strict, 2'000})) sum += result.findings;
    return sum;
  };
  CHECK(findings(false) == 0);
  CHECK(findings(true) == 1);
  sql.execute(
      "UPDATE orders.sagas SET live = false, resting_status = 'DELIVERED', updated_at = now()"
      " WHERE status = 'PAID'");
  CHECK(findings(false) == 0);
  CHECK(findings(true) > 0);
}

TEST_CASE("audit: refuses arguments it does not know") {
  const std::vector<std::string> arguments{"--thorough"};
  CHECK_THROWS_AS(tools::run_audit({tools::all_settings(), {}}, arguments), core::BadConfiguration);
}

}  // namespace
}  // namespace orderflow::testing
