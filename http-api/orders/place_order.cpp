#include "http-api/orders/place_order.hpp"

#include "core/values/money.hpp"
#include "http-api/server/http.hpp"

namespace orderflow::http_api {
namespace {

constexpr TextRule kName{.characters_max = 200};
constexpr TextRule kLine{.characters_max = 200};
constexpr TextRule kPostalCode{.characters_max = 20};
constexpr TextRule kCountry{.characters_max = 60};
constexpr TextRule kInstructions{.characters_max = 1000, .may_be_empty = true, .multiline = true};

std::vector<OrderItem> read_items(BodyReader& body) {
  std::vector<OrderItem> items;
  const auto array = body.array("items");
  if (!array) return items;
  if (array->begin() == array->end()) body.error("items", "must hold at least one item");
  if (array->size() > kItemsMax) {
    body.error("items", "must hold at most " + std::to_string(kItemsMax) + " items");
    return items;
  }
  items.reserve(array->size());
  for (const core::JsonValue value : *array) {
    BodyReader item = body.nested(value, "/items/" + std::to_string(items.size()));
    const auto product = item.uuid("product_id");
    const auto quantity = item.integer("quantity", 1, kQuantityMax);
    item.finish();
    items.push_back({product.value_or(core::Uuid{}), quantity.value_or(0)});
  }
  return items;
}

std::string read_address(BodyReader& body) {
  const auto object = body.object("delivery_address");
  if (!object) return {};
  BodyReader address = body.nested(*object, "/delivery_address");
  JsonObject out;
  const auto copy = [&](const char* name, const TextRule& rule, Presence presence) {
    const auto value = address.text(name, rule, presence);
    if (value) out.field(name, *value);
  };
  copy("name", kName, Presence::kRequired);
  copy("line1", kLine, Presence::kRequired);
  copy("line2", kLine, Presence::kOptional);
  copy("city", kLine, Presence::kRequired);
  copy("postal_code", kPostalCode, Presence::kRequired);
  copy("country", kCountry, Presence::kRequired);
  address.finish();
  return out.text();
}

}  // namespace

PlaceOrder PlaceOrder::read(BodyReader& body) {
  PlaceOrder order;
  order.user_id = body.uuid("user_id").value_or(core::Uuid{});
  order.items = read_items(body);
  order.delivery_address = read_address(body);
  order.special_instructions =
      body.text("special_instructions", kInstructions, Presence::kOptional);
  order.draft = body.boolean("draft", Presence::kOptional).value_or(false);
  return order;
}

Checked<PricedItems> price_items(const std::vector<OrderItem>& items,
                                 const std::vector<PricedProduct>& products) {
  PricedItems priced;
  JsonArray lines;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const PricedProduct& product = products[i];
    const std::string pointer = "/items/" + std::to_string(i);
    if (!product.available) {
      Problem problem = conflict("product_unavailable",
                                 "A product is not available; order without it or try later.");
      problem.errors.push_back({pointer + "/product_id", "is not available"});
      return refuse(std::move(problem));
    }
    if (i == 0) priced.currency = product.currency;
    if (product.currency != priced.currency) {
      return refuse(invalid(pointer + "/product_id", "is sold in " + product.currency +
                                                         ", the first item in " + priced.currency +
                                                         "; place one order for each currency"));
    }
    const auto line = core::checked_multiply(product.price, items[i].quantity);
    const auto total = line ? core::checked_add(priced.total, *line) : std::nullopt;
    if (!total) return refuse(invalid(pointer + "/quantity", "makes the total too large"));
    priced.total = *total;
    lines.add(JsonObject()
                  .field("product_id", items[i].product_id)
                  .field("name", product.name)
                  .field("quantity", items[i].quantity)
                  .field("unit_price", core::Money{product.price, product.currency})
                  .text());
  }
  priced.json = lines.text();
  return priced;
}

}  // namespace orderflow::http_api
