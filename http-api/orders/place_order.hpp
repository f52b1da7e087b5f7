#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/values/uuid.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {

// The body of POST /orders, and what its items cost. Pure: no I/O, so what refers to rows (users,
// products) is looked up elsewhere.

inline constexpr std::size_t kItemsMax = 200;
inline constexpr std::int64_t kQuantityMax = 10'000;

struct OrderItem {
  core::Uuid product_id;
  std::int64_t quantity = 0;
};

struct PlaceOrder {
  core::Uuid user_id;
  std::vector<OrderItem> items;
  std::string delivery_address;  // a JSON object: known fields only, in a fixed order
  std::optional<std::string> special_instructions;
  bool draft = false;

  [[nodiscard]] static PlaceOrder read(BodyReader& body);
};

// What a product costs now.
struct PricedProduct {
  std::string name;
  std::int64_t price = 0;
  std::string currency;
  bool available = true;
};

// An order's items as sold, and what they cost together.
struct PricedItems {
  std::string json;
  std::int64_t total = 0;
  std::string currency;
};

// `products` are those of the items, in the same order. 422 when the total leaves 64 bits or the
// currencies differ, 409 when one is not available.
[[nodiscard]] Checked<PricedItems> price_items(const std::vector<OrderItem>& items,
                                               const std::vector<PricedProduct>& products);

}  // namespace orderflow::http_api
