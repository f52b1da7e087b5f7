#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <stdexcept>

#include "core/values/failure.hpp"
#include "http-api/middleware/middleware.hpp"
#include "http-api/server/bind.hpp"
#include "tests/unit/http-api/server/request_runner.hpp"

// Who asks what of the key of a request, and when. Promise 2.
namespace orderflow::http_api {
namespace {

// Keys in memory: what find() knows, and what a twin under way commits while settle() waits.
class FakeStore final : public KeyStore {
 public:
  std::optional<Problem> refusal;
  std::optional<StoredAnswer> known;
  std::optional<StoredAnswer> twin;
  int finds = 0;
  int settles = 0;

  std::string_view name() const override { return "tests"; }
  const KeyTable* table() const override { return &kKeyTable<"tests">; }
  asio::awaitable<KnownKey> find(const IdempotencyKey& /*key*/) override {
    ++finds;
    if (refusal) co_return refuse(*refusal);
    co_return known;
  }
  asio::awaitable<KnownKey> settle(const IdempotencyKey& /*key*/) override {
    ++settles;
    co_return twin;
  }
};

const StoredAnswer kFirst{201, "/things/1", R"({"b": 1,  "a": 2})"};

struct Wanted {
  std::string name;
  static Wanted read(BodyReader& body) {
    return {body.text("name", {.characters_max = 5}).value_or("")};
  }
};

class Front {
 public:
  std::function<Checked<Response>()> handler = [] { return json_response("{}", 201); };
  int asked = 0;

  asio::awaitable<Checked<Response>> make(const RequestContext& context, Body<Wanted> /*body*/) {
    ++asked;
    last_key = context.key;
    co_return handler();
  }
  std::optional<IdempotencyKey> last_key;
};

// POST /thing, in front of it what the API has.
struct Asking {
  FakeStore store;
  LoadShedder shedder{std::chrono::seconds{3}};
  std::shared_ptr<Front> front = std::make_shared<Front>();
  Policy policy{
      .context = "tests", .body = BodyUse::kJson, .key = KeyUse::kOptional, .sheds_load = true};

  Response ask(Headers headers = {{"Idempotency-Key", "k"}},
               std::string body = R"({"name": "x"})") {
    static core::Logger quiet("test", core::LogLevel::kError);
    headers.emplace_back("Content-Type", "application/json");
    const Dispatcher dispatcher({{Method::kPost, "/thing", bind(front, &Front::make), policy}},
                                {error_boundary(quiet), load_shedding(shedder), json_body(),
                                 idempotency({{"tests", &store}})});
    return run_request(dispatcher,
                       request_to(Method::kPost, "/thing", std::move(headers), std::move(body)));
  }
  void overload() { shedder.set_age(std::chrono::hours{1}); }
};

void check_replay(const Response& response) {
  CHECK(response.status == kFirst.status);
  CHECK(response.body == kFirst.body);
  CHECK(header_of(response, "Location") == kFirst.location);
  CHECK(header_of(response, "Idempotency-Replayed") == "true");
}

TEST_CASE("a known key is answered before the request is judged") {
  Asking asking;
  asking.store.known = kFirst;
  check_replay(asking.ask());
  CHECK(asking.front->asked == 0);
}

TEST_CASE("a free key goes to the handler, which is told where it is kept") {
  Asking asking;
  CHECK(asking.ask().status == 201);
  REQUIRE(asking.front->last_key);
  CHECK(asking.front->last_key->key == "k");
  CHECK(asking.front->last_key->table == asking.store.table());
  CHECK(asking.store.finds == 1);
  CHECK(asking.store.settles == 0);
}

TEST_CASE("without a key none is looked up, and where it is required the request is refused") {
  Asking asking;
  CHECK(asking.ask({}).status == 201);
  asking.policy.key = KeyUse::kRequired;
  CHECK(asking.ask({}).status == 400);
  CHECK(asking.front->asked == 1);
  CHECK(asking.store.finds == 0);
}

TEST_CASE("a request that is wrong in itself touches no key") {
  Asking asking;
  asking.store.known = kFirst;
  CHECK(asking.ask({{"Idempotency-Key", "k"}}, "{").status == 400);
  CHECK(asking.ask({{"Idempotency-Key", "k"}}, R"({"name": "too long"})").status == 422);
  CHECK(asking.ask({{"Idempotency-Key", "k"}}, R"({"name": "x", "more": 1})").status == 422);
  CHECK(asking.ask({{"Idempotency-Key", "with space"}}).status == 400);
  CHECK(asking.store.finds + asking.store.settles == 0);
}

TEST_CASE("a refusal by the state is given once no twin has been accepted") {
  Asking asking;
  asking.front->handler = [] { return Checked<Response>(refuse(conflict("taken", "Taken."))); };
  CHECK(asking.ask().status == 409);
  CHECK(asking.store.settles == 1);
  asking.store.twin = kFirst;
  check_replay(asking.ask());
  CHECK(asking.store.settles == 2);
}

TEST_CASE("under overload a known key is answered, any other is turned away unjudged") {
  Asking asking;
  asking.overload();
  const Response turned_away = asking.ask();
  CHECK(turned_away.status == 429);
  CHECK_FALSE(header_of(turned_away, "Retry-After").empty());
  asking.store.known = kFirst;
  check_replay(asking.ask());
  CHECK(asking.ask({}).status == 429);
  CHECK(asking.front->asked == 0);
}

TEST_CASE("when too many keys are looked up nobody is told whether his is known") {
  Asking asking;
  asking.store.refusal = Problem{429, "overloaded", "Too many.", true, 1};
  CHECK(asking.ask().status == 429);
  CHECK(asking.front->asked == 0);
}

TEST_CASE("where the claim finds the key, it is looked up only for what would not be accepted") {
  Asking asking;
  asking.policy.key_look_up = KeyLookUp::kWhenRefused;
  CHECK(asking.ask().status == 201);
  CHECK(asking.store.finds == 0);

  const auto failing = [&](std::function<Checked<Response>()> handler) {
    asking.front->handler = std::move(handler);
    asking.store.known.reset();
    CHECK(asking.ask().status == 503);
    asking.store.known = kFirst;
    check_replay(asking.ask());
  };
  failing([] { return refuse(unavailable("Full.")); });
  failing([]() -> Checked<Response> { throw core::Unavailable("the prices cannot be read"); });

  asking.front->handler = [] { return refuse(conflict("gone", "Gone.")); };
  asking.store.twin = kFirst;
  check_replay(asking.ask());
  asking.overload();
  check_replay(asking.ask());
}

TEST_CASE("a failure of a request whose key was free stays a failure") {
  Asking asking;
  asking.front->handler = []() -> Checked<Response> { throw core::Unavailable("down"); };
  CHECK(asking.ask().status == 503);
  CHECK(asking.store.finds == 1);
  CHECK(asking.store.settles == 0);
}

TEST_CASE("a route that takes keys which nobody keeps is a defect of the program") {
  const auto front = std::make_shared<Front>();
  const Policy policy{.context = "tests", .key = KeyUse::kOptional, .keys_of = "nobody"};
  FakeStore store;
  const std::vector<Route> routes{{Method::kPost, "/thing", bind(front, &Front::make), policy}};
  CHECK_THROWS_AS(Dispatcher(routes, {idempotency({{"tests", &store}})}), std::logic_error);
}

}  // namespace
}  // namespace orderflow::http_api
