#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json/document.hpp"
#include "core/values/uuid.hpp"
#include "http-api/server/http.hpp"
#include "http-api/server/problem.hpp"

namespace orderflow::http_api {

// What a client's bodies must look like. Pure: no I/O, so what refers to rows (users, products) is
// checked elsewhere.

inline constexpr std::size_t kItemsMax = 200;
inline constexpr std::int64_t kQuantityMax = 10'000;

struct OrderItem {
  core::Uuid product_id;
  std::int64_t quantity = 0;
};

struct PlaceOrder {
  core::Uuid user_id;
  std::vector<OrderItem> items;
  std::string delivery_address;  // a JSON object, checked
  std::optional<std::string> special_instructions;
  bool draft = false;
};

[[nodiscard]] Checked<PlaceOrder> validate_order(const core::JsonDocument& body);

// The body as JSON: 415 unless the request says it is JSON, 400 when it is not readable. An empty
// body is an empty object where `may_be_empty` says so.
enum class EmptyBody { kRefused, kAllowed };
[[nodiscard]] Checked<core::JsonDocument> parse_json_body(const Request& request,
                                                          EmptyBody empty = EmptyBody::kRefused);

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

// A positive whole number of seconds from 0 to `maximum`, as in ?wait=; 400 otherwise.
[[nodiscard]] Checked<int> parse_wait(std::string_view text, int maximum);

}  // namespace orderflow::http_api
