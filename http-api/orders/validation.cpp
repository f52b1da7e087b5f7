#include "http-api/orders/validation.hpp"

#include <charconv>

#include "core/values/money.hpp"
#include "http-api/server/body_reader.hpp"
#include "http-api/server/json_text.hpp"

namespace orderflow::http_api {
namespace {

using core::JsonDocument;
using core::JsonFault;

// Deeper than any body of ours.
constexpr std::size_t kLevelsMax = 16;
// The most that --http-body-limit lets in.
constexpr std::size_t kBodyBytesMax = 16 * 1024 * 1024;

constexpr TextRule kName{.characters_max = 200};
constexpr TextRule kLine{.characters_max = 200};
constexpr TextRule kPostalCode{.characters_max = 20};
constexpr TextRule kCountry{.characters_max = 60};
constexpr TextRule kInstructions{.characters_max = 1000, .may_be_empty = true, .multiline = true};

bool is_json_type(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  constexpr std::string_view kSuffix = "+json";
  return equals_ignoring_case(type, "application/json") ||
         (type.size() > kSuffix.size() &&
          equals_ignoring_case(type.substr(type.size() - kSuffix.size()), kSuffix));
}

std::vector<OrderItem> read_items(BodyReader& body, std::vector<FieldError>& errors) {
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
    BodyReader item(value, errors, "/items/" + std::to_string(items.size()));
    const auto product = item.uuid("product_id");
    const auto quantity = item.integer("quantity", 1, kQuantityMax);
    item.finish();
    items.push_back({product.value_or(core::Uuid{}), quantity.value_or(0)});
  }
  return items;
}

// The address as it is stored: known fields only, in a fixed order.
std::string read_address(BodyReader& body, std::vector<FieldError>& errors) {
  const auto object = body.object("delivery_address");
  if (!object) return {};
  BodyReader address(*object, errors, "/delivery_address");
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

Checked<JsonDocument> parse_json_body(const Request& request, EmptyBody empty) {
  thread_local core::JsonParser parser(kBodyBytesMax, kLevelsMax);
  std::string_view text = request.body;
  if (text.find_first_not_of(" \t\r\n") == text.npos && empty == EmptyBody::kAllowed) {
    text = "{}";
  } else if (!is_json_type(request.header("Content-Type"))) {
    return refuse({415, "not_json", "The body must be JSON; send Content-Type: application/json."});
  }
  JsonDocument body;
  const auto value = parser.parse(text, body);
  if (value) return body;
  if (value.error() == JsonFault::kTooDeep) {
    return refuse(bad_request("The body is nested too deeply."));
  }
  return refuse(bad_request("The body is not readable JSON (UTF-8, no NaN, no trailing text)."));
}

Checked<PlaceOrder> validate_order(const JsonDocument& body) {
  std::vector<FieldError> errors;
  BodyReader reader(body, errors);
  PlaceOrder order;
  order.user_id = reader.uuid("user_id").value_or(core::Uuid{});
  order.items = read_items(reader, errors);
  order.delivery_address = read_address(reader, errors);
  order.special_instructions =
      reader.text("special_instructions", kInstructions, Presence::kOptional);
  order.draft = reader.boolean("draft", Presence::kOptional).value_or(false);
  reader.finish();
  if (!errors.empty()) return refuse(invalid(std::move(errors)));
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

Checked<int> parse_wait(std::string_view text, int maximum) {
  int seconds = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 0 ||
      seconds > maximum) {
    return refuse(bad_request("wait must be whole seconds from 0 to " + std::to_string(maximum)));
  }
  return seconds;
}

}  // namespace orderflow::http_api
