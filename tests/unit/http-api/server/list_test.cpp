#include "http-api/server/list.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

namespace orderflow::http_api {
namespace {

struct Item {
  core::Uuid id;
  std::size_t bytes = 0;
};

std::string item_json(const Item& item) {
  return JsonObject().field("text", std::string(item.bytes, 'x')).text();
}

PageOf<Item> items_of(std::initializer_list<std::size_t> sizes) {
  PageOf<Item> page;
  for (const auto bytes : sizes) page.rows.push_back({core::new_uuid_v7(), bytes});
  return page;
}

TEST_CASE("a page of large rows ends early, and the next one goes on") {
  const PageRequest asked{.limit = 200, .after = {}, .list = "/items"};
  const auto half = kPageBytesMax / 2;
  const auto found = items_of({half, half / 2, half, 1});
  const auto page = nlohmann::json::parse(list_response(found, asked, item_json).body);
  CHECK(page.at("items").size() == 2);
  const auto token = page.at("next_page_token").get<std::string>();
  CHECK(decode_page_token(asked.list, token) == found.rows[1].id);
  // One alone is shown, however large: or nobody would come past it.
  const auto large = items_of({2 * kPageBytesMax, 1});
  const auto alone = nlohmann::json::parse(list_response(large, asked, item_json).body);
  CHECK(alone.at("items").size() == 1);
  CHECK(alone.at("next_page_token").is_string());
  const auto all = nlohmann::json::parse(list_response(items_of({1, 1}), asked, item_json).body);
  CHECK(all.at("items").size() == 2);
  CHECK(all.at("next_page_token").is_null());
}

}  // namespace
}  // namespace orderflow::http_api
