#include "tools/audit_checks.hpp"

namespace orderflow::tools {
namespace {

constexpr std::string_view kRest = R"(
WITH chunk AS MATERIALIZED (
  SELECT o.id, o.shard, o.user_id, o.total, o.currency, s.order_id AS saga_id,
         s.user_id AS saga_user_id, s.live, s.status, s.resting_status::text AS listed,
         s.event_sequence, s.payment_id, s.updated_at
  FROM orders.orders o LEFT JOIN orders.sagas s ON s.order_id = o.id
  WHERE o.id > $1::uuid AND o.id <= $2::uuid),
rest AS MATERIALIZED (
  SELECT * FROM chunk WHERE NOT live AND updated_at <= now() - $3::interval)
)";

constexpr AuditCheck kChecks[] = {
    {"every order has a saga", AuditScope::kOrders,
     "SELECT id, 'no row in orders.sagas' FROM chunk WHERE saga_id IS NULL"},

    {"a saga has its order's user", AuditScope::kOrders,
     "SELECT id, 'of ' || user_id || ', the saga says ' || saga_user_id FROM chunk "
     "WHERE user_id <> saga_user_id"},

    {"lists find a saga at its status", AuditScope::kOrders,
     "SELECT id, 'listed as ' || coalesce(listed, 'under way') || ', it is ' || status FROM rest "
     "WHERE listed IS DISTINCT FROM status"},

    {"orders at rest are finished", AuditScope::kOrders,
     "SELECT id, 'at rest as ' || status FROM rest WHERE status NOT IN "
     "('DRAFT', 'PAYMENT_FAILED', 'CANCELLED', 'DELIVERY_SCHEDULED', 'DELIVERED')"},

    {"every order is at rest", AuditScope::kOrders,
     "SELECT id, 'still going on as ' || status FROM chunk WHERE live", true},

    {"events are gap-free", AuditScope::kOrders, R"(
SELECT r.id, format('%s events from %s to %s, the saga counts %s', e.n, e.first, e.last,
                    r.event_sequence)
FROM rest r CROSS JOIN LATERAL (
  SELECT count(*) AS n, coalesce(min(sequence), 1) AS first, coalesce(max(sequence), 0) AS last
  FROM orders.events WHERE order_id = r.id) e
WHERE e.first <> 1 OR e.n <> e.last OR e.last <> r.event_sequence)"},

    {"status follows from history", AuditScope::kOrders, R"(
SELECT r.id, format('status %s, last event says %s', r.status, coalesce(e.status, 'nothing'))
FROM rest r LEFT JOIN orders.events e ON e.order_id = r.id AND e.sequence = r.event_sequence
WHERE e.status IS DISTINCT FROM r.status AND NOT (r.event_sequence = 0 AND r.status = 'DRAFT'))"},

    // The legal transitions. A status may stay as it is from event to event.
    {"every transition is legal", AuditScope::kOrders, R"(
SELECT id, format('event %s goes from %s to %s', sequence, coalesce(before, 'nothing'), status)
FROM (SELECT r.id, e.sequence, e.status,
             lag(e.status) OVER (PARTITION BY r.id ORDER BY e.sequence) AS before
      FROM rest r JOIN orders.events e ON e.order_id = r.id) h
WHERE CASE WHEN before IS NULL THEN status NOT IN ('DRAFT', 'PENDING_PAYMENT')
  ELSE before <> status AND (before, status) NOT IN (VALUES
    ('DRAFT', 'PENDING_PAYMENT'), ('DRAFT', 'CANCELLED'),
    ('PENDING_PAYMENT', 'PAID'), ('PENDING_PAYMENT', 'PAYMENT_FAILED'),
    ('PENDING_PAYMENT', 'CANCELLING'), ('PENDING_PAYMENT', 'NEEDS_ATTENTION'),
    ('PAYMENT_FAILED', 'PENDING_PAYMENT'), ('PAYMENT_FAILED', 'CANCELLED'),
    ('PAID', 'DELIVERY_SCHEDULED'), ('PAID', 'CANCELLING'), ('PAID', 'NEEDS_ATTENTION'),
    ('CANCELLING', 'CANCELLED'), ('CANCELLING', 'DELIVERED'), ('CANCELLING', 'NEEDS_ATTENTION'),
    ('DELIVERY_SCHEDULED', 'DELIVERED'),
    ('NEEDS_ATTENTION', 'PENDING_PAYMENT'), ('NEEDS_ATTENTION', 'PAID'),
    ('NEEDS_ATTENTION', 'CANCELLING')) END)"},

    // A capture that was not undone is kept, whatever was refunded of it later.
    {"money kept fits the status", AuditScope::kOrders, R"(
SELECT r.id, format('%s with %s captures kept, %s of %s %s', r.status, p.kept, p.amount, r.total,
                    r.currency)
FROM rest r CROSS JOIN LATERAL (
  SELECT count(*) AS kept, coalesce(sum(amount), 0) AS amount,
         coalesce(bool_and(currency = r.currency AND id = r.payment_id), true) AS ours
  FROM payments.payments
  WHERE order_id = r.id AND undone_at IS NULL AND status NOT IN ('REFUSED', 'VOIDED')) p
WHERE CASE WHEN r.status IN ('PAID', 'DELIVERY_SCHEDULED', 'DELIVERED')
  THEN p.kept <> 1 OR p.amount <> r.total OR NOT p.ours ELSE p.kept <> 0 END)"},

    {"payments fit the ledger", AuditScope::kOrders, R"(
SELECT p.order_id, format('payment %s: ledger %s, row says %s; refunds %s, posted %s, row says %s',
                          p.id, l.moved, e.expected, f.done, f.posted, p.refunded_amount)
FROM rest r JOIN payments.payments p ON p.order_id = r.id
CROSS JOIN LATERAL (SELECT CASE WHEN p.status IN ('REFUSED', 'VOIDED') THEN 0
                    ELSE p.undone_amount - p.amount END AS expected) e
CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS moved FROM payments.ledger
                    WHERE reference = p.id) l
CROSS JOIN LATERAL (
  SELECT coalesce(sum(amount) FILTER (WHERE status = 'DONE'), 0) AS done,
         coalesce(sum((SELECT sum(x.amount) FROM payments.ledger x WHERE x.reference = b.id)), 0)
           AS posted
  FROM payments.refunds b WHERE b.payment_id = p.id) f
WHERE l.moved <> e.expected OR f.done <> p.refunded_amount OR f.posted <> f.done
   OR (p.undone_at IS NOT NULL AND p.status NOT IN ('REFUSED', 'VOIDED')
       AND p.undone_amount + p.refunded_amount <> p.amount))"},

    {"deliveries fit the status", AuditScope::kOrders, R"(
SELECT r.id, format('%s with %s deliveries', r.status, d.n)
FROM rest r CROSS JOIN LATERAL (
  SELECT count(*) AS n FROM delivery.deliveries
  WHERE order_id = r.id AND status IN ('SCHEDULED', 'DELIVERED')) d
WHERE d.n <> CASE WHEN r.status IN ('DELIVERY_SCHEDULED', 'DELIVERED') THEN 1 ELSE 0 END)"},

    {"no delivery without a capture", AuditScope::kOrders, R"(
SELECT r.id, format('delivery %s', d.id)
FROM rest r JOIN delivery.deliveries d
  ON d.order_id = r.id AND d.status IN ('SCHEDULED', 'DELIVERED')
WHERE NOT EXISTS (SELECT FROM payments.payments p WHERE p.order_id = r.id
  AND p.undone_at IS NULL AND p.status NOT IN ('REFUSED', 'VOIDED')))"},

    {"every request of an order at rest has ended", AuditScope::kOrders, R"(
SELECT r.id, format('request %s (%s) is %s', q.id, q.kind, q.state)
FROM rest r JOIN orders.requests q ON q.order_id = r.id
WHERE q.handled AND q.state NOT IN ('done', 'refused'))"},

    {"every request is handled", AuditScope::kOrders, R"(
SELECT c.id, format('request %s (%s) is unread', q.id, q.kind)
FROM chunk c JOIN orders.requests q ON q.order_id = c.id WHERE NOT q.handled)",
     true},

    {"every event belongs to an order", AuditScope::kOrders, R"(
SELECT DISTINCT e.order_id, 'events without an order' FROM orders.events e
WHERE e.order_id > $1::uuid AND e.order_id <= $2::uuid
  AND NOT EXISTS (SELECT FROM orders.orders o WHERE o.id = e.order_id))"},

    {"rows lie in their order's shard", AuditScope::kOrders, R"(
SELECT DISTINCT c.id, format('%s in shard %s, the order in %s', r.what, r.shard, c.shard)
FROM chunk c CROSS JOIN LATERAL (
  SELECT 'saga' AS what, shard FROM orders.sagas WHERE order_id = c.id
  UNION ALL SELECT 'event', shard FROM orders.events WHERE order_id = c.id
  UNION ALL SELECT 'request', shard FROM orders.requests WHERE order_id = c.id
  UNION ALL SELECT 'delivery', shard FROM delivery.deliveries WHERE order_id = c.id) r
WHERE r.shard <> c.shard)"},

    {"rows lie in their account's shard", AuditScope::kAccounts, R"(
SELECT DISTINCT a.id, format('%s in shard %s, the account in %s', r.what, r.shard, a.shard)
FROM payments.accounts a CROSS JOIN LATERAL (
  SELECT 'ledger row' AS what, shard FROM payments.ledger WHERE account_id = a.id
  UNION ALL SELECT 'payment', shard FROM payments.payments WHERE account_id = a.id
  UNION ALL SELECT 'refund', f.shard FROM payments.payments p
    JOIN payments.refunds f ON f.payment_id = p.id WHERE p.account_id = a.id) r
WHERE a.id > $1::uuid AND a.id <= $2::uuid AND r.shard <> a.shard)"},

    {"balances are opening plus ledger", AuditScope::kAccounts, R"(
SELECT a.id, format('balance %s, opening %s, ledger %s in %s rows, sequence %s', a.balance,
                    a.opening, l.total, l.n, a.ledger_sequence)
FROM payments.accounts a CROSS JOIN LATERAL (
  SELECT count(*) AS n, coalesce(sum(amount), 0) AS total, coalesce(max(sequence), 0) AS last
  FROM payments.ledger WHERE account_id = a.id) l
WHERE a.id > $1::uuid AND a.id <= $2::uuid
  AND (a.balance <> a.opening + l.total OR l.n <> l.last OR l.last <> a.ledger_sequence))"},

    {"ledger rows chain", AuditScope::kAccounts, R"(
SELECT id, format('row %s ends at %s', sequence, balance_after)
FROM (SELECT a.id, l.sequence, l.amount, l.balance_after,
             lag(l.sequence, 1, 0::int8) OVER w AS before,
             lag(l.balance_after, 1, a.opening) OVER w AS balance_before
      FROM payments.accounts a JOIN payments.ledger l ON l.account_id = a.id
      WHERE a.id > $1::uuid AND a.id <= $2::uuid
      WINDOW w AS (PARTITION BY a.id ORDER BY l.sequence)) h
WHERE sequence <> before + 1 OR balance_after <> balance_before + amount)"},

    {"every ledger row belongs to an account", AuditScope::kAccounts, R"(
SELECT DISTINCT l.account_id, 'ledger rows without an account' FROM payments.ledger l
WHERE l.account_id > $1::uuid AND l.account_id <= $2::uuid
  AND NOT EXISTS (SELECT FROM payments.accounts a WHERE a.id = l.account_id))"},

    {"every payment belongs to an order", AuditScope::kPayments, R"(
SELECT p.id, format('order %s does not exist', p.order_id) FROM payments.payments p
WHERE p.id > $1::uuid AND p.id <= $2::uuid
  AND NOT EXISTS (SELECT FROM orders.orders o WHERE o.id = p.order_id))"},

    {"every delivery belongs to an order", AuditScope::kDeliveries, R"(
SELECT d.id, format('order %s does not exist', d.order_id) FROM delivery.deliveries d
WHERE d.id > $1::uuid AND d.id <= $2::uuid
  AND NOT EXISTS (SELECT FROM orders.orders o WHERE o.id = d.order_id))"},
};

}  // namespace

std::span<const AuditCheck> audit_checks() { return kChecks; }

std::string_view rest_expression() { return kRest; }

std::string_view table_of(AuditScope scope) {
  switch (scope) {
    case AuditScope::kOrders: return "orders.orders";
    case AuditScope::kAccounts: return "payments.accounts";
    case AuditScope::kPayments: return "payments.payments";
    case AuditScope::kDeliveries: return "delivery.deliveries";
  }
  return "orders.orders";
}

}  // namespace orderflow::tools
