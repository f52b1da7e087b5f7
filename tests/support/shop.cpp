#include "tests/support/shop.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/values/uuid.hpp"

namespace orderflow::testing {
namespace {

constexpr std::int64_t kPlainPrice = 1'000;

bool is_end(const std::string& status) {
  return status == "DELIVERED" || status == "CANCELLED" || status == "PAYMENT_FAILED";
}

}  // namespace

std::string Shop::user(const std::string& username) const {
  const auto users = http_.get("/users?limit=200").json();
  for (const auto& found : users.at("items")) {
    if (found.at("username") == username) return found.at("id");
  }
  give_up("there is no user " + username);
}

std::string Shop::new_user(std::int64_t opening) const {
  const auto name = "u-" + fresh_key().substr(0, 20);
  const auto answer =
      http_.post("/users", {{"username", name}, {"opening_balance", money(opening)}});
  INFO(answer.body);
  REQUIRE(answer.status == 201);
  return answer.json().at("id");
}

std::string Shop::new_product(std::int64_t price, bool available) const {
  const auto answer = http_.post("/products", {{"name", "Test thing " + fresh_key()},
                                               {"category", "tests"},
                                               {"price", money(price)},
                                               {"available", available}});
  INFO(answer.body);
  REQUIRE(answer.status == 201);
  return answer.json().at("id");
}

std::int64_t Shop::balance(const std::string& user_id) const {
  const auto answer = http_.get("/users/" + user_id + "/balance");
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return answer.json().at("balance").at("amount");
}

Json Shop::order_body(const std::string& user_id, const std::string& product_id, int quantity) {
  return {{"user_id", user_id},
          {"items", Json::array({{{"product_id", product_id}, {"quantity", quantity}}})},
          {"delivery_address",
           {{"name", "Alice Adams"},
            {"line1", "1 Main Street"},
            {"city", "Springfield"},
            {"postal_code", "12345"},
            {"country", "US"}}}};
}

Json Shop::body_with_line2(const std::string& user_id, const std::string& line2) const {
  auto body = order_body(user_id, new_product(kPlainPrice));
  body["delivery_address"]["line2"] = line2;
  return body;
}

std::string Shop::place(const Json& body, const Headers& headers) const {
  const auto answer = http_.post("/orders", body, headers);
  INFO(answer.body);
  REQUIRE(answer.status == 202);
  const std::string id = answer.json().at("id");
  CHECK(answer.header("location") == "/orders/" + id);
  return id;
}

std::string Shop::place(const std::string& user_id, const std::string& product_id,
                        int quantity) const {
  return place(order_body(user_id, product_id, quantity));
}

std::string Shop::place() const { return place(new_user(), new_product(kPlainPrice)); }

Json Shop::order(const std::string& id) const {
  const auto answer = http_.get("/orders/" + id);
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return answer.json();
}

Json Shop::status(const std::string& id) const {
  const auto answer = http_.get("/orders/" + id + "/status");
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return answer.json();
}

std::vector<Json> Shop::history(const std::string& id) const {
  const auto answer = http_.get("/orders/" + id + "/events?limit=200");
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return answer.json().at("items");
}

std::vector<std::string> Shop::event_types(const std::string& id) const {
  std::vector<std::string> types;
  for (const auto& event : history(id)) types.push_back(event.at("type"));
  return types;
}

void Shop::await_status(const std::string& id, const std::string& wanted) const {
  wait_until([&] { return "order " + id + " becomes " + wanted + "; it is " + status(id).dump(); },
             [&] { return status(id).at("status") == wanted; });
}

std::string Shop::await_end(const std::string& id) const {
  wait_until([&] { return "order " + id + " ends; it is " + status(id).dump(); },
             [&] { return is_end(status(id).at("status")); });
  return status(id).at("status");
}

std::string Shop::ask(const std::string& id, const std::string& verb, const Json& body) const {
  const auto answer = http_.post("/orders/" + id + "/" + verb, body);
  INFO(answer.body);
  REQUIRE(answer.status == 202);
  return job_of(answer);
}

Json Shop::job(const std::string& id) const {
  const auto answer = http_.get("/jobs/" + id);
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  return answer.json();
}

Json Shop::await_job(const std::string& id) const {
  const auto ended = [](const Json& job) {
    return job.at("state") == "done" || job.at("state") == "refused";
  };
  wait_until([&] { return "job " + id + " ends; it is " + job(id).dump(); },
             [&] { return ended(job(id)); });
  return job(id);
}

std::string Shop::refund(const std::string& payment_id, const Json& amount) const {
  Json body = {{"payment_id", payment_id}, {"reason", "a test"}};
  if (!amount.is_null()) body["amount"] = amount;
  const auto answer = http_.post("/refunds", body, {{"Idempotency-Key", fresh_key()}});
  INFO(answer.body);
  REQUIRE(answer.status == 202);
  return job_of(answer);
}

std::string job_of(const Answer& answer) {
  const auto location = answer.header("location");
  INFO(answer.status << " " << answer.body);
  REQUIRE(location.starts_with("/jobs/"));
  return location.substr(std::string("/jobs/").size());
}

Json money(std::int64_t amount, const std::string& currency) {
  return {{"amount", amount}, {"currency", currency}};
}

std::string fresh_key() {
  // The random part first, so that a shortened key is still one of a kind.
  auto id = core::new_uuid_v7().to_string();
  return id.substr(24) + "-" + id.substr(0, 23);
}

}  // namespace orderflow::testing
