#include "http-api/server/http.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

namespace orderflow::http_api {
namespace {

TEST_CASE("headers are found in any case, the first one wins") {
  Request request;
  request.headers = {{"X-One", "1"}, {"x-one", "2"}};
  CHECK(request.header("x-ONE") == "1");
  CHECK(request.header("x-two").empty());
}

TEST_CASE("queries are split into pairs") {
  const auto pairs = parse_query("a=1&&b&c==&d=%26");
  REQUIRE(pairs);
  CHECK(*pairs == std::vector<std::pair<std::string, std::string>>{
                      {"a", "1"}, {"b", ""}, {"c", "="}, {"d", "&"}});
  CHECK(parse_query("")->empty());
}

TEST_CASE("a query is decoded or refused") {
  CHECK(parse_query("q=a%2Fb+c%c3%bc")->front().second == "a/b c\xc3\xbc");
  CHECK(parse_query("q=\xc3\xbc|[\"a\"]")->front().second == "\xc3\xbc|[\"a\"]");
  for (const char* broken : {"q=%", "%2", "q=%g0"}) {
    INFO(broken);
    CHECK_FALSE(parse_query(broken));
  }
}

TEST_CASE("JSON objects keep their order and escape their texts") {
  const std::string text = JsonObject()
                               .field("z", "a\"b\\c\n\x01")
                               .field("number", -5)
                               .field("yes", true)
                               .field("none", std::optional<std::string>())
                               .field("money", core::Money{5, "USD"})
                               .field("raw", RawJson{"[1]"})
                               .text();
  CHECK(text ==
        "{\"z\":\"a\\\"b\\\\c\\n\\u0001\",\"number\":-5,\"yes\":true,\"none\":null,"
        "\"money\":{\"amount\":5,\"currency\":\"USD\"},\"raw\":[1]}");
  CHECK(nlohmann::json::parse(text)["z"] == "a\"b\\c\n\x01");
  CHECK(JsonObject().text() == "{}");
  CHECK(JsonArray().add("1").add("2").text() == "[1,2]");
}

}  // namespace
}  // namespace orderflow::http_api
