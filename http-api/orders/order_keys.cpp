#include "http-api/orders/order_keys.hpp"

#include <utility>

#include "core/pg/sql.hpp"

namespace orderflow::http_api {
namespace {

// A key has a row in each partition at most. LIMIT keeps both probes of an index.
constexpr core::PgStatement kReadKeys{
    "api_keys_read_orders_or_rows", core::sql<"SELECT k.scope, k.key, k.request_hash, ",
                                              StoredAnswer::kColumns, ", ", OrderRow::kColumns, R"(
FROM unnest($1::text[], $2::text[]) AS w(scope, key)
CROSS JOIN LATERAL (SELECT * FROM orders.idempotency_keys k
                    WHERE k.scope = w.scope AND k.key = w.key AND )",
                                              kKeyCounts, R"( LIMIT 4) k
LEFT JOIN LATERAL (SELECT * FROM orders.orders o WHERE o.id = k.order_id LIMIT 1) o ON true
WHERE k.body IS NOT NULL OR o.id IS NOT NULL)">};

// A null status reads as zero.
StoredAnswer answer_of_row(core::PgRow& row) {
  StoredAnswer kept = StoredAnswer::read(row);
  return kept.status != 0 ? std::move(kept) : placed_answer(OrderRow::read(row));
}

constexpr KeyTable kOrderKeys{kKeyTable<"orders">.schema, kReadKeys, kKeyTable<"orders">.claim,
                              kKeyTable<"orders">.store, answer_of_row};

}  // namespace

const KeyTable& order_keys() { return kOrderKeys; }

StoredAnswer placed_answer(const OrderRow& order) {
  return {202, std::string("/orders/").append(order.id.text.view()), placed_order_json(order)};
}

}  // namespace orderflow::http_api
