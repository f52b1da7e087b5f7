#include "http-api/orders/place_order.hpp"

#include <simdjson.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "http-api/server/body_reader.hpp"
#include "http-api/server/json_body.hpp"

namespace orderflow::http_api {
namespace {

using nlohmann::json;

constexpr const char* kUser = "018f0000-0000-7000-8000-00000000a11c";
constexpr const char* kProduct = "018f0000-0000-7000-8000-000000000101";

json sound_order() {
  return {{"user_id", kUser},
          {"items", json::array({{{"product_id", kProduct}, {"quantity", 2}}})},
          {"delivery_address",
           {{"name", "Alice Adams"},
            {"line1", "1 Main Street"},
            {"city", "Springfield"},
            {"postal_code", "12345"},
            {"country", "US"}}}};
}

Request json_request(std::string body, std::string_view type = "application/json") {
  Request request;
  request.headers = {{"content-type", type}};
  request.body = std::move(body);
  return request;
}

Checked<PlaceOrder> read_order(const std::string& body) {
  return read_body<PlaceOrder>(parse_json_body(json_request(body), BodyUse::kJson).value());
}

// The pointers of the errors, sorted.
std::vector<std::string> pointers(const json& body) {
  const auto order = read_order(body.dump());
  if (order) return {};
  CHECK(order.error().status == 422);
  std::vector<std::string> found;
  for (const auto& error : order.error().errors) found.push_back(error.pointer);
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> pointers_after(const json& patch) {
  json body = sound_order();
  body.merge_patch(patch);
  return pointers(body);
}

using Pointers = std::vector<std::string>;

TEST_CASE("a sound order is read whole") {
  json body = sound_order();
  body["special_instructions"] = "leave it\nat the door";
  body["draft"] = true;
  const auto order = read_order(body.dump());
  REQUIRE(order);
  CHECK(order->user_id.to_string() == kUser);
  REQUIRE(order->items.size() == 1);
  CHECK(order->items[0].quantity == 2);
  CHECK(order->draft);
  CHECK(order->special_instructions == "leave it\nat the door");
  CHECK(json::parse(order->delivery_address) == body["delivery_address"]);
}

TEST_CASE("missing and unknown fields are named") {
  CHECK(pointers(json::object()) == Pointers{"/delivery_address", "/items", "/user_id"});
  CHECK(pointers_after({{"discount", 1}}) == Pointers{"/discount"});
  CHECK(pointers_after({{"a/b~c", 1}}) == Pointers{"/a~1b~0c"});
  CHECK(pointers_after({{"delivery_address", {{"city", nullptr}, {"zip", "1"}}}}) ==
        Pointers{"/delivery_address/city", "/delivery_address/zip"});
  CHECK(pointers(json::array()) == Pointers{""});
}

TEST_CASE("of a field that is there twice the last counts") {
  const auto body = [](const char* ids) {
    json rest = sound_order();
    rest.erase("user_id");
    return "{" + std::string(ids) + "," + rest.dump().substr(1);
  };
  const std::string sound = "\"user_id\":\"" + std::string(kUser) + "\"";
  CHECK(read_order(body(("\"user_id\":7," + sound).c_str())));
  CHECK_FALSE(read_order(body((sound + ",\"user_id\":7").c_str())));
  CHECK(read_order(body((sound + ",\"x\":1,\"x\":2").c_str())).error().errors.size() == 1);
}

TEST_CASE("quantities are whole numbers from 1 to 10,000") {
  const auto with = [](json quantity) {
    json body = sound_order();
    body["items"][0]["quantity"] = std::move(quantity);
    return pointers(body);
  };
  const Pointers refused{"/items/0/quantity"};
  CHECK(with(1).empty());
  CHECK(with(10'000).empty());
  CHECK(with(0) == refused);
  CHECK(with(-1) == refused);
  CHECK(with(10'001) == refused);
  CHECK(with(1.0) == refused);
  CHECK(with("1") == refused);
  CHECK(with(true) == refused);
  CHECK(with(nullptr) == refused);
  CHECK(with(std::numeric_limits<std::uint64_t>::max()) == refused);
  CHECK(with(std::numeric_limits<std::int64_t>::min()) == refused);
}

TEST_CASE("an order has from 1 to 200 items") {
  json body = sound_order();
  const json item = body["items"][0];
  body["items"] = json::array();
  CHECK(pointers(body) == Pointers{"/items"});
  for (std::size_t i = 0; i < kItemsMax; ++i) body["items"].push_back(item);
  CHECK(pointers(body).empty());
  body["items"].push_back(item);
  CHECK(pointers(body) == Pointers{"/items"});
}

TEST_CASE("ids are UUIDs of 36 characters") {
  CHECK(pointers_after({{"user_id", "alice"}}) == Pointers{"/user_id"});
  CHECK(pointers_after({{"user_id", std::string(kUser) + "0"}}) == Pointers{"/user_id"});
  CHECK(pointers_after({{"user_id", 7}}) == Pointers{"/user_id"});
}

TEST_CASE("texts are bounded and hold no control characters") {
  const auto city = [](std::string text) {
    return pointers_after({{"delivery_address", {{"city", std::move(text)}}}});
  };
  const Pointers refused{"/delivery_address/city"};
  CHECK(city("Köln").empty());
  CHECK(city("\xf0\x9f\x9a\x80").empty());
  CHECK(city("") == refused);
  CHECK(city("   ") == refused);
  CHECK(city(std::string("a\0b", 3)) == refused);
  CHECK(city("a\nb") == refused);
  CHECK(city("a\x7f") == refused);
  CHECK(city("a\xc2\x85") == refused);
  CHECK(city(std::string(200, 'x')).empty());
  CHECK(city(std::string(201, 'x')) == refused);
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "ü";
  CHECK(city(umlauts).empty());
}

TEST_CASE("no body makes more than a handful of errors") {
  json body = sound_order();
  for (int i = 0; i < 1'000; ++i) body["field" + std::to_string(i)] = i;
  const auto order = read_order(body.dump());
  REQUIRE_FALSE(order);
  CHECK(order.error().errors.size() == 20);
}

TEST_CASE("a long unknown field is told in whole characters") {
  for (const char* first : {"a", "aa"}) {
    std::string name = first;
    for (int i = 0; i < 100; ++i) name += "\xc3\xa4";
    const auto found = pointers_after({{name, 1}});
    REQUIRE(found.size() == 1);
    CHECK(simdjson::validate_utf8(found[0]));
    CHECK(found[0].size() < 150);
  }
}

TEST_CASE("items are priced as sold, in one currency") {
  const std::vector<OrderItem> items{{*core::Uuid::parse(kProduct), 2},
                                     {*core::Uuid::parse(kUser), 3}};
  const PricedProduct cheap{"Mug", 999, "USD", true};
  const PricedProduct dear{"Pot", 3'290, "USD", true};
  const auto priced = price_items(items, {cheap, dear});
  REQUIRE(priced);
  CHECK(priced->total == 2 * 999 + 3 * 3'290);
  CHECK(priced->currency == "USD");
  const json stored = json::parse(priced->json);
  CHECK(stored[0]["name"] == "Mug");
  CHECK(stored[1]["unit_price"]["amount"] == 3'290);

  PricedProduct euro = dear;
  euro.currency = "EUR";
  CHECK(price_items(items, {cheap, euro}).error().status == 422);
  PricedProduct gone = dear;
  gone.available = false;
  CHECK(price_items(items, {cheap, gone}).error().status == 409);
}

TEST_CASE("a total beyond 64 bits is refused") {
  const auto most = std::numeric_limits<std::int64_t>::max();
  const core::Uuid id = *core::Uuid::parse(kProduct);
  const PricedProduct dearest{"Sun", most, "USD", true};
  CHECK(price_items({{id, 1}}, {dearest}));
  CHECK(price_items({{id, 2}}, {dearest}).error().errors[0].pointer == "/items/0/quantity");
  const PricedProduct cheap{"Mug", 1, "USD", true};
  CHECK(price_items({{id, 1}, {id, 1}}, {dearest, cheap}).error().errors[0].pointer ==
        "/items/1/quantity");
}

}  // namespace
}  // namespace orderflow::http_api
