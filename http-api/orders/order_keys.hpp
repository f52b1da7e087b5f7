#pragma once

#include <span>
#include <string>

#include "core/pg/row.hpp"
#include "http-api/middleware/key_table.hpp"
#include "http-api/orders/order_rows.hpp"

namespace orderflow::http_api {

// The idempotency keys of the orders context. What was asked of an order has its answer in the
// key's row; the answer to an order that was placed is made again from the order's row, byte for
// byte, so that a placed order is written once.
[[nodiscard]] const KeyTable& order_keys();

// 202, `Location: /orders/{id}`, the order as it was at the moment it was placed.
[[nodiscard]] StoredAnswer placed_answer(const OrderRow& order);

}  // namespace orderflow::http_api
