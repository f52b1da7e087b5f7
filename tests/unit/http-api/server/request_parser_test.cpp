#include "http-api/server/request_parser.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <initializer_list>
#include <string>

#include "tests/support/wire_cases.hpp"

namespace orderflow::http_api {
namespace {

constexpr RequestLimits kSmallLimits{1'024, 2'048, 512};

TEST_CASE("a request is what it was sent as") {
  RequestParser parser(kSmallLimits);
  const std::string bytes =
      testing::post_order("X-A:  b \r\nx-b:\r\nContent-Length: 2\r\n", "{}") + "GET";
  CHECK(parser.put(bytes) == bytes.size() - 3);
  REQUIRE(parser.complete());
  const Request& request = parser.request();
  CHECK(request.method == Method::kPost);
  CHECK(request.path == "/orders");
  CHECK(request.query.empty());
  CHECK(request.header("x-a") == "b");
  CHECK(request.has_header("X-B"));
  CHECK(request.body == "{}");
  CHECK(parser.keeps_alive());
}

TEST_CASE("the spellings of one path are one path") {
  for (const auto& [sent, path, query] : std::initializer_list<std::array<const char*, 3>>{
           {"/%6Frders/%4fne%2D%7e?a=%6F", "/orders/One-~", "a=%6F"},
           {"/orders/018F0000-0000-7000-8000-00000000A11C/status",
            "/orders/018f0000-0000-7000-8000-00000000a11c/status", ""},
           {"http://x/orders/018F0000%2D0000-7000-8000-00000000A11C?%3F",
            "/orders/018f0000-0000-7000-8000-00000000a11c", "%3F"},
           // What stands for something else, or for nothing, stays.
           {"/a%2Fb%2fc%20%zz%4/%", "/a%2Fb%2fc%20%zz%4/%", ""},
           {"/Orders/ABC", "/Orders/ABC", ""}}) {
    RequestParser parser(kSmallLimits);
    const std::string bytes = std::string("GET ") + sent + " HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n";
    INFO(sent);
    CHECK(parser.put(bytes) == bytes.size());
    REQUIRE(parser.complete());
    CHECK(parser.request().path == path);
    CHECK(parser.request().query == query);
    CHECK(parser.request().header("A") == "b");
  }
}

TEST_CASE("a trailer field is no header") {
  RequestParser parser({1'024, 2'048, 4'096});
  const auto bytes = testing::chunked_order(
      "2;a=b\r\n{}\r\n0\r\nIdempotency-Key: k\r\nX-A: " + std::string(900, 'x') +
      "\r\nConnection: close\r\n\r\n");
  CHECK(parser.put(bytes) == bytes.size());
  CHECK(parser.memory() < 1'300);
  REQUIRE(parser.complete());
  CHECK(parser.request().body == "{}");
  CHECK_FALSE(parser.request().has_header("Idempotency-Key"));
  CHECK(parser.keeps_alive());
}

TEST_CASE("a client is asked to go on only while its body is missing") {
  const std::string expect = "Expect: 100-continue\r\nContent-Length: 2\r\n";
  RequestParser parser(kSmallLimits);
  const auto head = testing::post_order(expect, "");
  parser.put(head.substr(0, 20));
  CHECK_FALSE(parser.expects_continue());
  parser.put(head);
  CHECK(parser.expects_continue());
  parser.put("{}");
  CHECK(parser.complete());
  CHECK_FALSE(parser.expects_continue());

  RequestParser old(kSmallLimits);
  old.put(testing::post_order(expect, "", "1.0"));
  CHECK_FALSE(old.refusal());
  CHECK_FALSE(old.expects_continue());

  RequestParser too_large(kSmallLimits);
  too_large.put(testing::post_order("Expect: 100-continue\r\nContent-Length: 4096\r\n", ""));
  REQUIRE(too_large.refusal());
  CHECK(too_large.refusal()->status == 413);
  CHECK_FALSE(too_large.expects_continue());
}

TEST_CASE("limits are met exactly") {
  const auto with_header = [](std::size_t bytes) {
    const auto bare = testing::get_products("Host: x\r\nX-A: \r\n");
    const std::string padding(bytes - bare.size(), 'x');
    RequestParser parser(kSmallLimits);
    parser.put(testing::get_products("Host: x\r\nX-A: " + padding + "\r\n"));
    return parser.complete();
  };
  CHECK(with_header(kSmallLimits.header_bytes_max));
  CHECK_FALSE(with_header(kSmallLimits.header_bytes_max + 1));
  const auto with_body = [](std::size_t bytes) {
    RequestParser parser(kSmallLimits);
    parser.put(testing::post_order("Content-Length: " + std::to_string(bytes) + "\r\n",
                                   std::string(bytes, 'x')));
    return parser.complete();
  };
  CHECK(with_body(kSmallLimits.body_bytes_max));
  CHECK_FALSE(with_body(kSmallLimits.body_bytes_max + 1));
}

}  // namespace
}  // namespace orderflow::http_api
