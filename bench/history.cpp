#include "bench/history.hpp"

#include <algorithm>
#include <chrono>

#include "core/pg/settings.hpp"
#include "core/pg/transaction.hpp"

namespace orderflow::bench {
namespace {

using namespace std::chrono_literals;

// Order i is paid by account i mod 1000 and is that account's (i / 1000 + 1)th. Its id begins with
// i where others begin with their time, and as with others those of its payment and parcel begin
// alike.
constexpr std::int64_t kAccounts = 1000;
constexpr std::int64_t kChunk = 50 * kAccounts;
constexpr core::Duration kStatementTimeout = 30min;

constexpr const char* kCreateAccounts = R"(
INSERT INTO payments.accounts (id, shard, currency, opening, balance)
SELECT md5('history account ' || a)::uuid, a, 'USD', 1000000000000, 1000000000000
FROM generate_series(0, 999) a)";

// $1: the first order, $2: behind the last.
constexpr const char* kInsertOrders = R"(
INSERT INTO orders.orders (id, shard, user_id, items, total, currency, delivery_address,
                           correlation_id, traceparent, created_at)
SELECT (lpad(to_hex(i), 12, '0') || '70008000000000000000')::uuid, (i % 1024)::int,
       md5('history account ' || i % 1000)::uuid,
       '[{"name": "History", "quantity": 1, "product_id": "00000000-0000-7000-8000-000000000000",
          "unit_price": {"amount": 2599, "currency": "USD"}}]', 2599, 'USD',
       '{"city": "Springfield", "name": "Load Generator", "line1": "1 Measured Mile",
         "country": "US", "postal_code": "12345"}',
       md5('history correlation ' || i),
       '00-' || md5('history trace ' || i) || '-00f067aa0ba902b7-01',
       to_timestamp(i / 1000.0)
FROM generate_series($1::bigint, $2::bigint - 1) i)";

constexpr const char* kInsertSagas = R"(
INSERT INTO orders.sagas (order_id, user_id, shard, version, live, status, resting_status,
                          phase, round, step, steps, event_sequence, waiting_for, payment_id,
                          delivery_id, updated_at)
SELECT (lpad(to_hex(i), 12, '0') || '70008000000000000000')::uuid,
       md5('history account ' || i % 1000)::uuid, (i % 1024)::int, 4, false,
       'DELIVERED', 'DELIVERED', 'ended', 1, 'delivery', 'payment:done,delivery:done', 4, 'nothing',
       (lpad(to_hex(i), 12, '0') || '80008' || left(md5('history payment ' || i), 15))::uuid,
       (lpad(to_hex(i), 12, '0') || '80008' || left(md5('history parcel ' || i), 15))::uuid,
       now() - interval '1 day'
FROM generate_series($1::bigint, $2::bigint - 1) i)";

// Batch 0 was published before anything else.
constexpr const char* kInsertEvents = R"(
INSERT INTO orders.events (order_id, shard, sequence, partition, batch_no, ordinal, type, status,
                           time, actor, correlation_id, traceparent, data)
SELECT (lpad(to_hex(i), 12, '0') || '70008000000000000000')::uuid, (i % 1024)::int, e.sequence,
       (i % (SELECT count(*) FROM orders.partitions))::int, 0, 0, e.type, e.status,
       now() - interval '1 day', 'saga', md5('history correlation ' || i),
       '00-' || md5('history trace ' || i) || '-00f067aa0ba902b7-01', e.data::jsonb
FROM generate_series($1::bigint, $2::bigint - 1) i, (VALUES
  (1, 'OrderPlaced', 'PENDING_PAYMENT', '{"total": {"amount": 2599, "currency": "USD"}}'),
  (2, 'PaymentCaptured', 'PAID', '{"amount": {"amount": 2599, "currency": "USD"}}'),
  (3, 'DeliveryScheduled', 'DELIVERY_SCHEDULED', '{"carrier": "history"}'),
  (4, 'OrderDelivered', 'DELIVERED', '{}')) AS e(sequence, type, status, data))";

constexpr const char* kInsertPayments = R"(
INSERT INTO payments.payments (id, order_id, account_id, shard, amount, currency, status,
                               correlation_id)
SELECT (lpad(to_hex(i), 12, '0') || '80008' || left(md5('history payment ' || i), 15))::uuid,
       (lpad(to_hex(i), 12, '0') || '70008000000000000000')::uuid,
       md5('history account ' || i % 1000)::uuid, (i % 1000)::int, 2599, 'USD', 'CAPTURED',
       md5('history correlation ' || i)
FROM generate_series($1::bigint, $2::bigint - 1) i)";

constexpr const char* kInsertLedger = R"(
INSERT INTO payments.ledger (account_id, shard, sequence, kind, reference, amount, balance_after)
SELECT md5('history account ' || i % 1000)::uuid, (i % 1000)::int, i / 1000 + 1, 'capture',
       (lpad(to_hex(i), 12, '0') || '80008' || left(md5('history payment ' || i), 15))::uuid,
       -2599, 1000000000000 - 2599 * (i / 1000 + 1)
FROM generate_series($1::bigint, $2::bigint - 1) i)";

constexpr const char* kBalances = R"(
UPDATE payments.accounts SET ledger_sequence = $2::bigint / 1000,
       balance = opening - 2599 * ($2::bigint / 1000)
WHERE id IN (SELECT md5('history account ' || a)::uuid FROM generate_series(0, 999) a)
  AND $1::bigint < $2::bigint)";

constexpr const char* kInsertParcels = R"(
INSERT INTO delivery.deliveries (id, order_id, shard, status, carrier, tracking_number,
                                 delivery_address, delivered_at, report_acknowledged_at,
                                 correlation_id)
SELECT (lpad(to_hex(i), 12, '0') || '80008' || left(md5('history parcel ' || i), 15))::uuid,
       (lpad(to_hex(i), 12, '0') || '70008000000000000000')::uuid, (i % 1024)::int, 'DELIVERED',
       'history', 'H' || i,
       '{"city": "Springfield", "name": "Load Generator", "line1": "1 Measured Mile",
         "country": "US", "postal_code": "12345"}',
       now() - interval '1 day', now() - interval '1 day', md5('history correlation ' || i)
FROM generate_series($1::bigint, $2::bigint - 1) i)";

// A database that has held its orders for a while: rows settled, statistics known.
constexpr const char* kSettle[] = {
    "VACUUM (ANALYZE) orders.orders",       "VACUUM (ANALYZE) orders.sagas",
    "VACUUM (ANALYZE) orders.events",       "VACUUM (ANALYZE) payments.payments",
    "VACUUM (ANALYZE) payments.ledger",     "VACUUM (ANALYZE) payments.accounts",
    "VACUUM (ANALYZE) delivery.deliveries", "CHECKPOINT"};

}  // namespace

void write_history(const core::Settings& settings, std::int64_t orders,
                   const std::function<void(std::int64_t)>& tell) {
  core::PgSession session(settings.get(core::kDatabaseUrl), {.application_name = "orderflow/bench",
                                                             .answer_timeout = kStatementTimeout,
                                                             .plans_by_value = true});
  const std::int64_t rounded = (orders + kAccounts - 1) / kAccounts * kAccounts;
  session.run_script(kCreateAccounts);
  for (std::int64_t from = 0; from < rounded; from += kChunk) {
    const std::int64_t to = std::min(from + kChunk, rounded);
    core::PgTransaction transaction(session);
    for (const char* sql : {kInsertOrders, kInsertSagas, kInsertEvents, kInsertPayments,
                            kInsertLedger, kBalances, kInsertParcels}) {
      (void)transaction.execute({nullptr, sql}, core::PgParams().int8(from).int8(to));
    }
    transaction.commit();
    tell(to);
  }
  for (const char* sql : kSettle) session.run_script(sql);
}

}  // namespace orderflow::bench
