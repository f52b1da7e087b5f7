#include "http-api/server/json_body.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::http_api {
namespace {

Request request_with(std::string body, std::string_view type = "application/json") {
  Request request;
  request.headers = {{"content-type", type}};
  request.body = std::move(body);
  return request;
}

TEST_CASE("a body must say that it is JSON and be JSON") {
  CHECK(parse_json_body(request_with("{}"), BodyUse::kJson));
  CHECK(parse_json_body(request_with("{}", "application/json; charset=utf-8"), BodyUse::kJson));
  CHECK(parse_json_body(request_with("{}", "application/merge-patch+json"), BodyUse::kJson));
  CHECK(parse_json_body(request_with("a=b", "application/x-www-form-urlencoded"), BodyUse::kJson)
            .error()
            .status == 415);
  CHECK(parse_json_body(request_with("{}", ""), BodyUse::kJson).error().status == 415);
  for (const char* text : {"", "hello", "{\"a\": NaN}", "{\"a\": Infinity}", "{} {}", "{\"a\":",
                           "{\"a\": \"\xff\"}", "{\"a\": \"\\ud800\"}", "{\"a\": \"\x01\"}"}) {
    INFO(text);
    const auto body = parse_json_body(request_with(text), BodyUse::kJson);
    REQUIRE_FALSE(body);
    CHECK(body.error().status == 400);
  }
  CHECK_FALSE(parse_json_body(request_with(std::string(20'000, '[')), BodyUse::kJson));
  Request encoded = request_with("{}");
  encoded.headers.emplace_back("Content-Encoding", "identity");
  CHECK(parse_json_body(encoded, BodyUse::kJson));
  encoded.headers.back().second = "gzip";
  CHECK(parse_json_body(encoded, BodyUse::kJson).error().status == 415);
  CHECK(parse_json_body(request_with("", ""), BodyUse::kOptionalJson));
}

}  // namespace
}  // namespace orderflow::http_api
