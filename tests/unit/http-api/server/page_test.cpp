#include "http-api/server/page.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::http_api {
namespace {

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

}  // namespace
}  // namespace orderflow::http_api
