#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/pg/row.hpp"
#include "http-api/orders/new_order.hpp"

namespace orderflow::http_api {

// The SQL with which the order writer makes orders durable.

// Orders without a key, or whose key no earlier transaction took, with their saga rows and keys:
// one statement, which is its own transaction. created_at is the time in the id, since lists take
// the one for the other. Answers the ids of those that were inserted.
[[nodiscard]] core::PgCall insert_orders(std::span<const NewOrder* const> orders);

// Who has these keys.
[[nodiscard]] core::PgCall read_key_owners(std::span<const NewOrder* const> orders);

struct KeyOwner {
  std::string scope;
  std::string key;
  std::string request_hash;
  OrderRow order;

  [[nodiscard]] static KeyOwner read(core::PgRow& row) {
    return {row.take<std::string>(), row.take<std::string>(), row.take<std::string>(),
            OrderRow::read(row)};
  }
};

}  // namespace orderflow::http_api
