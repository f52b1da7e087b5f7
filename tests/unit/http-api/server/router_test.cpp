#include "http-api/server/router.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::http_api {
namespace {

Handler nothing() {
  return [](RequestContext&) -> asio::awaitable<Response> { co_return Response{}; };
}

Router orders_router() {
  return Router({{Method::kGet, "/orders", nothing(), {}},
                 {Method::kPost, "/orders", nothing(), {}},
                 {Method::kGet, "/orders/{id}", nothing(), {}},
                 {Method::kGet, "/orders/{id}/status", nothing(), {}},
                 {Method::kPut, "/orders/{id}/status", nothing(), {}},
                 {Method::kGet, "/orders/latest", nothing(), {}},
                 {Method::kGet, "/", nothing(), {}}});
}

TEST_CASE("a route is found by method and path") {
  const Router router = orders_router();
  CHECK(router.match(Method::kGet, "/orders").route->pattern == "/orders");
  CHECK(router.match(Method::kPost, "/orders").route->method == Method::kPost);
  CHECK(router.match(Method::kGet, "/").route->pattern == "/");
}

TEST_CASE("a placeholder takes one whole segment") {
  const Router router = orders_router();
  const auto match = router.match(Method::kPut, "/orders/42/status");
  REQUIRE(match.route != nullptr);
  CHECK(match.route->pattern == "/orders/{id}/status");
  CHECK(match.params == PathParams{{"id", "42"}});
  CHECK(router.match(Method::kGet, "/orders/").route == nullptr);
  CHECK(router.match(Method::kGet, "/orders//status").route == nullptr);
}

TEST_CASE("a literal segment wins over a placeholder") {
  const Router router = orders_router();
  CHECK(router.match(Method::kGet, "/orders/latest").route->pattern == "/orders/latest");
}

TEST_CASE("HEAD is answered by GET") {
  const Router router = orders_router();
  const auto match = router.match(Method::kHead, "/orders/1");
  REQUIRE(match.route != nullptr);
  CHECK(match.route->method == Method::kGet);
}

TEST_CASE("a known path with another method says what is allowed") {
  const Router router = orders_router();
  CHECK(router.match(Method::kDelete, "/orders").allow == "GET, HEAD, POST");
  CHECK(router.match(Method::kOther, "/orders/1/status").allow == "GET, HEAD, PUT");
  CHECK(router.match(Method::kPost, "/orders/1").allow == "GET, HEAD");
}

TEST_CASE("an unknown path allows nothing") {
  const Router router = orders_router();
  CHECK(router.match(Method::kGet, "/nowhere").allow.empty());
  CHECK(router.match(Method::kGet, "/a/b/c/d/e/f/g/h/i/j/k/l").allow.empty());
  CHECK(router.match(Method::kGet, "orders").route == nullptr);
  CHECK(router.match(Method::kGet, "").route == nullptr);
}

}  // namespace
}  // namespace orderflow::http_api
