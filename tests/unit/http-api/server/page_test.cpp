#include "http-api/server/page.hpp"

#include <catch2/catch_test_macros.hpp>

#include "http-api/server/body_reader.hpp"

namespace orderflow::http_api {
namespace {

struct Asked {
  Request request;
  RequestContext context{request, "/orders", {}, {}};

  explicit Asked(std::string_view query) { request.query = query; }
};

Checked<Query> parse(std::string_view query) {
  const Asked asked(query);
  return Query::parse(asked.context, {"limit", "page_token", "user_id", "status", "from", "open"});
}

TEST_CASE("base64url goes there and back") {
  for (const auto& text : {std::string(), std::string("a"), std::string("ab"), std::string("abc"),
                           std::string("\0\xff\x10\x20", 4)}) {
    CHECK(base64url_decode(base64url_encode(text)) == text);
  }
  CHECK(base64url_encode("\xfb\xff") == "-_8");
  CHECK_FALSE(base64url_decode("a"));
  CHECK_FALSE(base64url_decode("a+b="));
  CHECK_FALSE(base64url_decode("-_9"));  // another spelling of "-_8"
}

TEST_CASE("a page token names its position in its list only") {
  const core::Uuid id = core::new_uuid_v7();
  const std::string token = encode_page_token("orders", id);
  CHECK(decode_page_token("orders", token) == id);
  CHECK_FALSE(decode_page_token("users", token));
  CHECK_FALSE(decode_page_token("orders", ""));
  CHECK_FALSE(decode_page_token("orders", "tampered"));
  CHECK_FALSE(decode_page_token("orders", token + "A"));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(decode_page_token("orders", changed));
  }
}

TEST_CASE("a token belongs to the filters it was given for") {
  const auto first = PageRequest::parse(*parse("status=PAID"), "orders");
  REQUIRE(first);
  const std::string token = encode_page_token(first->list, core::new_uuid_v7());
  CHECK(PageRequest::parse(*parse("status=PAID&limit=7&page_token=" + token), "orders"));
  CHECK_FALSE(PageRequest::parse(*parse("status=DRAFT&page_token=" + token), "orders"));
}

TEST_CASE("limits are from 1 to 200, 50 by default") {
  CHECK(PageRequest::parse(*parse(""), "orders")->limit == 50);
  CHECK(PageRequest::parse(*parse("limit=200"), "orders")->limit == 200);
  for (const char* query :
       {"limit=0", "limit=201", "limit=-1", "limit=many", "limit=", "limit=1x"}) {
    INFO(query);
    const auto page = PageRequest::parse(*parse(query), "orders");
    REQUIRE_FALSE(page);
    CHECK(page.error().status == 400);
  }
}

TEST_CASE("a query is known names once each, readable") {
  CHECK(parse("user_id=1&status=a%20b+c")->text("status") == "a b c");
  CHECK_FALSE(parse("nonsense=1"));
  CHECK_FALSE(parse("limit=1&limit=2"));
  CHECK_FALSE(parse("status=%zz"));
  CHECK_FALSE(parse("status=%ff"));
  CHECK_FALSE(parse("status=%00"));
}

TEST_CASE("a long unknown name is told in whole characters") {
  for (const char* first : {"a", "aa"}) {
    std::string name = first;
    for (int i = 0; i < 100; ++i) name += "\xc3\xa4";
    const auto query = parse(name + "=1");
    REQUIRE_FALSE(query);
    const std::string& told = query.error().errors.at(0).pointer;
    CHECK(is_valid_utf8(told));
    CHECK(told.size() < 100);
  }
}

TEST_CASE("values of a query are typed") {
  CHECK_FALSE(parse("user_id=alice")->uuid("user_id"));
  CHECK(*parse("")->uuid("user_id") == std::nullopt);
  CHECK_FALSE(parse("from=yesterday")->time("from"));
  CHECK(parse("from=2026-01-31T09:30:00Z")->time("from"));
  CHECK(*parse("open=true")->boolean("open") == true);
  CHECK_FALSE(parse("open=yes")->boolean("open"));
}

}  // namespace
}  // namespace orderflow::http_api
