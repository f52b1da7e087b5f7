#include "http-api/server/problem.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

namespace orderflow::http_api {
namespace {

using nlohmann::json;

TEST_CASE("a problem document says what, why, and whether to try again") {
  const Response response = problem_response(unavailable("Down.", 3), "trace-1");
  CHECK(response.status == 503);
  CHECK(response.content_type == "application/problem+json");
  CHECK(response.headers == decltype(response.headers){{"Retry-After", "3"}});
  CHECK(json::parse(response.body) == json{{"type", "urn:orderflow:problem:unavailable"},
                                           {"title", "Service Unavailable"},
                                           {"status", 503},
                                           {"detail", "Down."},
                                           {"correlation_id", "trace-1"},
                                           {"retryable", true}});
}

TEST_CASE("field errors carry their pointers") {
  const Response response = problem_response(invalid("/items/0/\"x\"", "is\nwrong"), "c");
  const json body = json::parse(response.body);
  CHECK(response.headers.empty());
  CHECK(body["retryable"] == false);
  CHECK(body["errors"] == json::array({{{"pointer", "/items/0/\"x\""}, {"detail", "is\nwrong"}}}));
}

}  // namespace
}  // namespace orderflow::http_api
