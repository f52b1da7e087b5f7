#include "http-api/server/bind.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "http-api/middleware/middleware.hpp"
#include "tests/unit/http-api/server/request_runner.hpp"

namespace orderflow::http_api {
namespace {

constexpr std::string_view kId = "018f0000-0000-7000-8000-00000000a11c";

struct Wish {
  std::string name;

  static Wish read(BodyReader& body) { return {body.text("name", {}).value_or("")}; }
};

struct Colour {
  std::optional<std::string> colour;

  static Colour read(QueryReader& query) { return {query.text("colour")}; }
};

class Wishes {
 public:
  asio::awaitable<Checked<Response>> get(Path<core::Uuid> id, Query<Colour> query) {
    co_return json_response(id.value.to_string() + query.value.colour.value_or(""));
  }
  asio::awaitable<Checked<Response>> make(const RequestContext& context, Body<Wish> wish) {
    if (wish.value.name == "moon") co_return refuse(conflict("too_far", "It is too far."));
    co_return json_response(std::string(context.route) + " " + wish.value.name, 201);
  }
  asio::awaitable<Checked<Response>> list(Query<PageRequest> page) {
    co_return json_response(std::to_string(page.value.limit));
  }
};

Dispatcher wishes() {
  const auto front = std::make_shared<Wishes>();
  return Dispatcher(
      {{Method::kGet, "/wishes/{id}", bind(front, &Wishes::get), {.resource = "wish"}},
       {Method::kPost, "/wishes", bind(front, &Wishes::make), {.body = BodyUse::kJson}},
       {Method::kGet, "/wishes", bind(front, &Wishes::list), {}}},
      {json_body()});
}

Response get_wish(std::string_view target) {
  return run_request(wishes(), request_to(Method::kGet, target));
}

Response post_wish(std::string body, std::string_view target = "/wishes") {
  return run_request(wishes(), request_to(Method::kPost, target,
                                          {{"Content-Type", "application/json"}}, std::move(body)));
}

TEST_CASE("a handler gets the values that its parameters name") {
  CHECK(get_wish("/wishes/" + std::string(kId) + "?colour=red").body == std::string(kId) + "red");
  CHECK(get_wish("/wishes?limit=7").body == "7");
  const Response made = post_wish(R"({"name": "star"})");
  CHECK(made.status == 201);
  CHECK(made.body == "/wishes star");
}

TEST_CASE("a path without an id names what there is none of") {
  const Response response = get_wish("/wishes/42");
  CHECK(response.status == 404);
  CHECK(response.body.find("no wish with this id") != std::string::npos);
}

TEST_CASE("a body is refused with all that is wrong with it") {
  const Response response = post_wish(R"({"nmae": "star"})");
  CHECK(response.status == 422);
  const auto errors = nlohmann::json::parse(response.body).at("errors");
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].at("pointer") == "/name");
  CHECK(errors[1].at("pointer") == "/nmae");
}

TEST_CASE("a query that nobody reads is refused") {
  CHECK(get_wish("/wishes/" + std::string(kId) + "?color=red").status == 400);
  CHECK(post_wish(R"({"name": "star"})", "/wishes?name=star").status == 400);
}

TEST_CASE("the first refusal is the answer") {
  CHECK(get_wish("/wishes/42?color=red").status == 404);
}

TEST_CASE("a handler's refusal is a problem document") {
  const Response response = post_wish(R"({"name": "moon"})");
  CHECK(response.status == 409);
  CHECK(response.content_type == "application/problem+json");
}

}  // namespace
}  // namespace orderflow::http_api
