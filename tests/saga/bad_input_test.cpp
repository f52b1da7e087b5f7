#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <set>

#include "tests/support/shop.hpp"

// Everything a client may get wrong in a request: it is told so in a problem document, nothing is
// stored, and the next one is served.
namespace orderflow::testing {
namespace {

constexpr const char* kNobody = "018f0000-0000-7000-8000-00000000dead";

struct BadBody {
  std::string what;
  std::function<std::string(Json)> make;  // From a sound body, which it breaks.
  std::set<int> statuses;
};

std::string changed(const std::function<void(Json&)>& change, Json body) {
  change(body);
  return body.dump();
}

BadBody broken(std::string what, const std::function<void(Json&)>& change,
               std::set<int> statuses = {422}) {
  return {std::move(what), [change](Json body) { return changed(change, std::move(body)); },
          std::move(statuses)};
}

BadBody text(std::string what, const std::string& body) {
  return {std::move(what), [body](const Json&) { return body; }, {400}};
}

BadBody replaced(std::string what, const std::string& from, const std::string& to,
                 std::set<int> statuses) {
  return {std::move(what),
          [from, to](const Json& body) {
            auto out = body.dump();
            const auto at = out.find(from);
            REQUIRE(at != std::string::npos);
            return out.replace(at, from.size(), to);
          },
          std::move(statuses)};
}

void quantity(Json& body, Json value) { body["items"][0]["quantity"] = std::move(value); }

std::vector<BadBody> unreadable_bodies() {
  return {
      text("not JSON", "hello"),
      text("half of an object", "{\"user_id\": "),
      text("nothing", ""),
      text("trailing bytes", "{} {}"),
      text("deeply nested", std::string(20'000, '[')),
      replaced("NaN", "\"quantity\":1", "\"quantity\":NaN", {400}),
      replaced("Infinity", "\"quantity\":1", "\"quantity\":Infinity", {400}),
      replaced("invalid UTF-8", "Springfield", "Spring\xc3\x28", {400, 422}),
      replaced("a lone surrogate", "Springfield", "Spring\\ud800", {400, 422}),
      replaced("a raw control character", "Springfield", "Spring\x01", {400, 422}),
      replaced("a duplicate field", "{\"", "{\"draft\":true,\"draft\":false,\"", {400, 422, 202}),
  };
}

std::vector<BadBody> wrong_types() {
  return {
      {"an array", [](const Json&) { return "[]"; }, {400, 422}},
      {"a string", [](const Json&) { return "\"order\""; }, {400, 422}},
      {"null", [](const Json&) { return "null"; }, {400, 422}},
      {"an empty object", [](const Json&) { return "{}"; }, {422}},
      broken("user_id a number", [](Json& b) { b["user_id"] = 7; }),
      broken("user_id null", [](Json& b) { b["user_id"] = nullptr; }),
      broken("user_id not a UUID", [](Json& b) { b["user_id"] = "alice"; }),
      broken("user_id a UUID with a tail",
             [](Json& b) { b["user_id"] = b["user_id"].get<std::string>() + "0"; }),
      broken("no user_id", [](Json& b) { b.erase("user_id"); }),
      broken("items an object", [](Json& b) { b["items"] = Json::object(); }),
      broken("items null", [](Json& b) { b["items"] = nullptr; }),
      broken("no items", [](Json& b) { b.erase("items"); }),
      broken("empty items", [](Json& b) { b["items"] = Json::array(); }),
      broken("an item a string", [](Json& b) { b["items"][0] = "one"; }),
      broken("product_id not a UUID", [](Json& b) { b["items"][0]["product_id"] = "x"; }),
      broken("no quantity", [](Json& b) { b["items"][0].erase("quantity"); }),
      broken("delivery_address a string", [](Json& b) { b["delivery_address"] = "home"; }),
      broken("no delivery_address", [](Json& b) { b.erase("delivery_address"); }),
      broken("no city", [](Json& b) { b["delivery_address"].erase("city"); }),
      broken("an empty name", [](Json& b) { b["delivery_address"]["name"] = ""; }),
      broken("special_instructions a number", [](Json& b) { b["special_instructions"] = 1; }),
      broken("draft a string", [](Json& b) { b["draft"] = "yes"; }),
  };
}

std::vector<BadBody> wrong_values() {
  return {
      broken("an unknown field", [](Json& b) { b["discount"] = 10; }),
      broken("an unknown field of an item", [](Json& b) { b["items"][0]["price"] = 1; }),
      broken("an unknown field of the address",
             [](Json& b) { b["delivery_address"]["zip"] = "1"; }),
      broken("quantity 0", [](Json& b) { quantity(b, 0); }),
      broken("quantity -1", [](Json& b) { quantity(b, -1); }),
      broken("quantity 1.5", [](Json& b) { quantity(b, 1.5); }),
      broken("quantity a string", [](Json& b) { quantity(b, "2"); }),
      broken("quantity true", [](Json& b) { quantity(b, true); }),
      broken("a huge quantity", [](Json& b) { quantity(b, 9'223'372'036'854'775'807LL); }),
      replaced("a quantity beyond 64 bits", "\"quantity\":1",
               "\"quantity\":99999999999999999999999999", {400, 422}),
      replaced("a quantity beyond a double", "\"quantity\":1", "\"quantity\":1e999", {400, 422}),
      broken("an unknown user", [](Json& b) { b["user_id"] = kNobody; }),
      broken("an unknown product", [](Json& b) { b["items"][0]["product_id"] = kNobody; }),
      broken("a thousand items",
             [](Json& b) {
               const auto item = b["items"][0];
               for (int i = 1; i < 1'000; ++i) b["items"].push_back(item);
             },
             {413, 422}),
      broken("a null character",
             [](Json& b) { b["special_instructions"] = std::string("a\0b", 3); }),
      broken("a null character in the address",
             [](Json& b) { b["delivery_address"]["city"] = std::string("\0", 1); }),
      broken("a long text", [](Json& b) { b["special_instructions"] = std::string(60'000, 'x'); }),
      broken("a body over the limit",
             [](Json& b) { b["special_instructions"] = std::string(70'000, 'x'); }, {413}),
  };
}

void check_problem(const Answer& answer) {
  CHECK(answer.header("content-type").starts_with("application/problem+json"));
  const auto problem = answer.json();
  for (const char* field : {"type", "title", "status", "detail", "correlation_id", "retryable"}) {
    INFO("no " << field << " in " << answer.body);
    CHECK(problem.contains(field));
  }
  CHECK(problem.value("status", 0) == answer.status);
  if (answer.status == 422 && problem.contains("errors")) {
    for (const auto& error : problem.at("errors")) {
      CHECK(error.at("pointer").is_string());
      CHECK(error.at("detail").is_string());
    }
  }
}

void check_bodies(const std::vector<BadBody>& cases) {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto sound = Shop::order_body(user, shop.new_product(1'000));
  for (const auto& bad : cases) {
    const auto answer = shop.http().request("POST", "/orders", bad.make(sound),
                                            {{"Content-Type", "application/json"}});
    INFO(bad.what << ": " << answer.status << " " << answer.body);
    CHECK(bad.statuses.contains(answer.status));
    if (answer.status == 202) {
      (void)shop.await_end(answer.json().at("id"));
    } else {
      check_problem(answer);
    }
  }
  CHECK(shop.await_end(shop.place(sound)) == "DELIVERED");
  system.conclude();
}

TEST_CASE("bodies that are not JSON", "[shared][bad-input]") { check_bodies(unreadable_bodies()); }

TEST_CASE("bodies with fields missing or of another type", "[shared][bad-input]") {
  check_bodies(wrong_types());
}

TEST_CASE("bodies with values that cannot be", "[shared][bad-input]") {
  check_bodies(wrong_values());
}

TEST_CASE("a total beyond 64 bits", "[shared][bad-input]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto dear = shop.new_product(1'000);
  // The front end may refuse such a price; the order's arithmetic must hold on its own.
  system.database().execute(
      "UPDATE catalogue.products SET price = 9223372036854775807 WHERE id = '" + dear + "'");
  auto body = Shop::order_body(user, dear);
  body["items"].push_back({{"product_id", shop.new_product(1'000)}, {"quantity", 1}});
  const auto sum = shop.http().request("POST", "/orders", body.dump());
  INFO(sum.body);
  CHECK(sum.status == 422);
  const auto product = shop.http().post("/orders", Shop::order_body(user, dear, 2));
  INFO(product.body);
  CHECK(product.status == 422);
  system.database().execute("UPDATE catalogue.products SET deleted = true WHERE id = '" + dear +
                            "'");
  system.conclude();
}

TEST_CASE("control characters come back as they were sent, or are refused", "[shared][bad-input]") {
  auto& system = shared_system();
  const Shop shop(system);
  std::string odd;
  for (char c = 1; c < 32; ++c) odd += c;
  odd += "\x7f\xe2\x80\xae\xf0\x9f\x9a\x80";
  auto body = Shop::order_body(shop.new_user(), shop.new_product(1'000));
  body["special_instructions"] = odd;
  const auto answer = shop.http().post("/orders", body);
  INFO(answer.body);
  if (answer.status == 202) {
    const std::string id = answer.json().at("id");
    CHECK(shop.await_end(id) == "DELIVERED");
    CHECK(shop.order(id).at("special_instructions") == odd);
  } else {
    CHECK(answer.status == 422);
    check_problem(answer);
  }
  system.conclude();
}

TEST_CASE("routes, methods, media types and ids that are not there", "[shared][bad-input]") {
  auto& system = shared_system();
  const auto& http = system.http();
  const auto expect = [&](const std::string& method, const std::string& target, int status,
                          const std::string& body = {}, const Headers& headers = {}) {
    const auto answer = http.request(method, target, body, headers);
    INFO(method << " " << target << ": " << answer.status << " " << answer.body);
    CHECK(answer.status == status);
    check_problem(answer);
    return answer;
  };
  expect("GET", "/nowhere", 404);
  expect("GET", "/orders/" + std::string(kNobody), 404);
  expect("GET", "/orders/" + std::string(kNobody) + "/status", 404);
  expect("GET", "/orders/" + std::string(kNobody) + "/events", 404);
  expect("POST", "/orders/" + std::string(kNobody) + "/cancel", 404);
  expect("GET", "/users/" + std::string(kNobody), 404);
  expect("GET", "/users/" + std::string(kNobody) + "/balance", 404);
  expect("GET", "/payments/" + std::string(kNobody), 404);
  expect("GET", "/deliveries/" + std::string(kNobody), 404);
  expect("GET", "/products/" + std::string(kNobody), 404);
  for (const char* id : {"alice", "1", "%00", "..", "018f0000-0000-7000-8000-00000000deaX",
                         "018f00000000700080000000000000000000"}) {
    const auto answer = http.request("GET", std::string("/orders/") + id);
    INFO(id << ": " << answer.status);
    CHECK((answer.status == 404 || answer.status == 400));
  }
  CHECK_FALSE(expect("DELETE", "/orders", 405).header("allow").empty());
  CHECK_FALSE(expect("PUT", "/users", 405, "{}").header("allow").empty());
  expect("POST", "/orders", 415, "user_id=alice",
         {{"Content-Type", "application/x-www-form-urlencoded"}});
  expect("GET", "/orders?limit=many", 400);
  expect("GET", "/orders?status=HAPPY", 400);
  expect("GET", "/orders?from=yesterday", 400);
  expect("GET", "/orders?user_id=alice", 400);
  system.conclude();
}

TEST_CASE("bad money, users and products", "[shared][bad-input]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto post = [&](const std::string& target, const Json& body,
                        const std::set<int>& statuses) {
    const auto answer = shop.http().post(target, body, {{"Idempotency-Key", fresh_key()}});
    INFO(target << " " << body.dump() << ": " << answer.status << " " << answer.body);
    CHECK(statuses.contains(answer.status));
    check_problem(answer);
  };
  const auto user = shop.new_user(1'000);
  const auto balance = "/users/" + user + "/balance";
  const auto move = [](const Json& amount) {
    return Json{{"amount", amount}, {"currency", "USD"}, {"reason", "a test"}};
  };
  post(balance, move("1"), {422});
  post(balance, move(1.5), {422});
  post(balance, move(0), {422});
  post(balance, move(9'223'372'036'854'775'807LL), {409, 422});
  post(balance, {{"amount", 1}, {"currency", "EUR"}, {"reason", "a test"}}, {409, 422});
  post(balance, {{"amount", 1}, {"currency", "dollars"}, {"reason", "a test"}}, {422});
  post(balance, {{"amount", 1}, {"currency", "USD"}}, {422});
  post("/users", {{"username", "alice"}}, {409});
  post("/users", {{"username", ""}}, {422});
  post("/users", {{"username", 7}}, {422});
  post("/users", {{"username", "x-" + fresh_key()}, {"opening_balance", money(-1)}}, {422});
  post("/users", {{"username", "x-" + fresh_key()}, {"surprise", 1}}, {422});
  post("/users", {{"username", std::string("a\0b", 3)}}, {422});
  const Json product = {{"name", "n"}, {"category", "c"}, {"price", money(1)}, {"available", true}};
  const auto with = [&](const char* field, const Json& value) {
    auto copy = product;
    copy[field] = value;
    return copy;
  };
  post("/products", with("price", money(-1)), {422});
  post("/products", with("price", {{"amount", 1.5}, {"currency", "USD"}}), {422});
  post("/products", with("price", 100), {422});
  post("/products", with("name", ""), {422});
  post("/products", with("available", "yes"), {422});
  post("/products", with("colour", "red"), {422});
  post("/refunds", {{"payment_id", kNobody}, {"reason", "r"}}, {404, 422});
  post("/refunds", {{"payment_id", "x"}, {"reason", "r"}}, {422});
  post("/payments", {{"order_id", kNobody}}, {404, 422});
  CHECK(shop.balance(user) == 1'000);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
