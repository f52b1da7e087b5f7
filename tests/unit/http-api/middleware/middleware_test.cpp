#include "http-api/middleware/middleware.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <stdexcept>

#include "core/values/failure.hpp"
#include "tests/unit/http-api/server/request_runner.hpp"

namespace orderflow::http_api {
namespace {

using namespace std::chrono_literals;

core::Logger& quiet() {
  static core::Logger logger("test", core::LogLevel::kError);
  return logger;
}

// A route with this policy whose handler answers with what it was told.
Response answer(const Policy& policy, const std::vector<Middleware>& layers, const Request& request,
                std::function<Response(RequestContext&)> handler = {}) {
  Handler run = [&](RequestContext& context) -> asio::awaitable<Response> {
    co_return handler ? handler(context) : json_response("{}");
  };
  const Dispatcher dispatcher({{request.method, "/thing", run, policy}}, layers);
  return run_request(dispatcher, request);
}

Request get_thing(Headers headers = {}) {
  return request_to(Method::kGet, "/thing", std::move(headers));
}

Request post_thing(std::string body, Headers headers = {}) {
  headers.emplace_back("Content-Type", "application/json");
  return request_to(Method::kPost, "/thing", std::move(headers), std::move(body));
}

TEST_CASE("an answer names the correlation id, the caller's if that is sane") {
  CHECK(header_of(answer({}, {correlation()}, get_thing({{"X-Correlation-ID", "mine"}})),
                  "X-Correlation-ID") == "mine");
  const std::string own =
      header_of(answer({}, {correlation()}, get_thing({{"X-Correlation-ID", "not sane"}})),
                "X-Correlation-ID");
  CHECK(core::Uuid::parse(own));
}

TEST_CASE("what no route answers passes the layers too") {
  const Dispatcher dispatcher({{Method::kGet, "/thing", nullptr, {}}}, {correlation()});
  const Response missing = run_request(dispatcher, request_to(Method::kGet, "/nothing"));
  CHECK(missing.status == 404);
  CHECK_FALSE(header_of(missing, "X-Correlation-ID").empty());
  const Response other = run_request(dispatcher, request_to(Method::kPut, "/thing"));
  CHECK(other.status == 405);
  CHECK(header_of(other, "Allow") == "GET, HEAD");
}

TEST_CASE("exceptions of handlers become answers without internals") {
  const auto failing = [](auto error) {
    return answer({}, {error_boundary(quiet())}, get_thing(),
                  [&](RequestContext&) -> Response { throw error; });
  };
  const Response down = failing(core::Unavailable("secret host"));
  CHECK(down.status == 503);
  CHECK(header_of(down, "Retry-After") == "1");
  CHECK(down.body.find("secret") == std::string::npos);
  CHECK(failing(boost::system::system_error(asio::error::operation_aborted)).status == 503);
  CHECK(failing(boost::system::system_error(asio::error::eof)).status == 500);
  CHECK(failing(std::runtime_error("secret")).status == 500);
  const Response unreadable = failing(core::UnreadableRow("the saga of order 7", "secret column"));
  CHECK(unreadable.status == 500);
  CHECK(header_of(unreadable, "Retry-After").empty());
  CHECK(unreadable.body.find("the saga of order 7") != std::string::npos);
  CHECK(unreadable.body.find("secret") == std::string::npos);
}

TEST_CASE("operator routes want the key, and know who it is") {
  const Policy policy{.scope = Scope::kOperator};
  const auto asked = [&](const std::string& key, Headers headers) {
    return answer(policy, {authorization(key)}, get_thing(std::move(headers)),
                  [](RequestContext& context) { return json_response(context.actor); });
  };
  CHECK(asked("", {{"X-Internal-API-Key", "k"}}).status == 403);
  CHECK(asked("k", {}).status == 401);
  CHECK(asked("k", {{"X-Internal-API-Key", "wrong"}}).status == 403);
  CHECK(asked("k", {{"X-Internal-API-Key", "k"}}).body == "operator");
  CHECK(asked("k", {{"X-Internal-API-Key", "k"}, {"X-Operator", "eve"}}).body == "eve");
  CHECK(asked("k", {{"X-Internal-API-Key", "k"}, {"X-Operator", "\x01"}}).status == 400);
  CHECK(answer({}, {authorization("k")}, get_thing()).status == 200);
}

TEST_CASE("load is shed on routes that say so") {
  LoadShedder shedder(3s);
  shedder.set_age(1h);
  const Response refused = answer({.sheds_load = true}, {load_shedding(shedder)}, get_thing());
  CHECK(refused.status == 429);
  CHECK_FALSE(header_of(refused, "Retry-After").empty());
  CHECK(answer({}, {load_shedding(shedder)}, get_thing()).status == 200);
}

TEST_CASE("who has an idempotency key is not turned away before it is looked up") {
  LoadShedder shedder(3s);
  shedder.set_age(1h);
  const auto status = [&](KeyUse use, Headers headers) {
    return answer({.key = use, .sheds_load = true}, {load_shedding(shedder)},
                  get_thing(std::move(headers)),
                  [](RequestContext& context) {
                    return json_response("{}", context.overload ? 202 : 200);
                  })
        .status;
  };
  CHECK(status(KeyUse::kOptional, {{"Idempotency-Key", "k"}}) == 202);
  CHECK(status(KeyUse::kOptional, {}) == 429);
  CHECK(status(KeyUse::kNone, {{"Idempotency-Key", "k"}}) == 429);
}

TEST_CASE("a body is parsed where the route reads one") {
  const Policy policy{.body = BodyUse::kJson};
  CHECK(answer(policy, {json_body()}, post_thing("{}")).status == 200);
  CHECK(answer(policy, {json_body()}, post_thing("{")).status == 400);
  CHECK(answer(policy, {json_body()}, request_to(Method::kPost, "/thing", {}, "{}")).status == 415);
  CHECK(answer({}, {json_body()}, post_thing("{")).status == 200);
}

TEST_CASE("answers are counted by method, route and status") {
  core::Metrics metrics("test");
  (void)answer({}, {request_metrics(metrics, "api")}, get_thing());
  const std::string text = metrics.render();
  CHECK(text.find("orderflow_http_requests_total{") != std::string::npos);
  CHECK(text.find("route=\"/thing\"") != std::string::npos);
  CHECK(text.find("status=\"200\"") != std::string::npos);
}

}  // namespace
}  // namespace orderflow::http_api
