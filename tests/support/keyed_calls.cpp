#include "tests/support/keyed_calls.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/values/uuid.hpp"

namespace orderflow::testing {
namespace {

constexpr std::int64_t kPrice = 1'000;

Headers headers_of(const KeyedCall& call, const std::string& key) {
  Headers headers = call.path.starts_with("/admin/") ? operator_headers() : Headers{};
  headers["Idempotency-Key"] = key;
  return headers;
}

Json because() { return {{"reason", "a test"}}; }

KeyedCall on_order(const std::string& order, const std::string& verb, const Json& body = nullptr) {
  return {"/orders/" + order + "/" + verb, body};
}

KeyedCall on_saga(const std::string& order, const std::string& verb) {
  return {"/admin/sagas/" + order + "/" + verb, because()};
}

KeyedCall place_order(KeyedCalls& calls) {
  const auto& shop = calls.shop();
  return {"/orders", Shop::order_body(shop.new_user(), shop.new_product(kPrice))};
}

KeyedCall create_user(KeyedCalls& /*calls*/) {
  return {"/users",
          {{"username", "k-" + fresh_key().substr(0, 20)}, {"opening_balance", money(5)}}};
}

// The whole balance.
KeyedCall debit(KeyedCalls& calls) {
  return {"/users/" + calls.shop().new_user(kPrice) + "/balance",
          {{"amount", -kPrice}, {"currency", "USD"}, {"reason", "a test"}}};
}

KeyedCall pay(KeyedCalls& calls) {
  return {"/payments", {{"order_id", calls.failed_for_lack_of_money()}}};
}

KeyedCall refund(KeyedCalls& calls) {
  const auto& shop = calls.shop();
  const auto order = shop.place();
  REQUIRE(shop.await_end(order) == "DELIVERED");
  return {"/refunds", {{"payment_id", shop.order(order).at("payment_id")}, {"reason", "a test"}}};
}

KeyedCall create_product(KeyedCalls& /*calls*/) {
  return {"/products",
          {{"name", "Keyed thing " + fresh_key()},
           {"category", "tests"},
           {"price", money(kPrice)},
           {"available", true}}};
}

KeyedCall ask_group(KeyedCalls& calls) {
  (void)calls.paused();
  return {"/admin/sagas/bulk",
          {{"verb", "resume"}, {"error", "paused"}, {"reason", "a test " + fresh_key()}}};
}

}  // namespace

const std::map<std::string, KeyedCalls::Recipe>& KeyedCalls::recipes() {
  static const std::map<std::string, Recipe> recipes{
      {"/orders", {place_order, 202}},
      {"/orders/{id}/confirm",
       {[](auto& calls) { return on_order(calls.draft(), "confirm"); }, 409}},
      {"/orders/{id}/cancel", {[](auto& calls) { return on_order(calls.draft(), "cancel"); }, 202}},
      {"/orders/{id}/retry",
       {[](auto& calls) { return on_order(calls.failed_for_lack_of_money(), "retry"); }, 409}},
      {"/users", {create_user, 409}},
      {"/users/{id}/balance", {debit, 409}},
      {"/payments", {pay, 409}},
      {"/refunds", {refund, 202}},
      {"/products", {create_product, 201}},
      {"/admin/sagas/bulk", {ask_group, 202}},
      {"/admin/sagas/{id}/retry",
       {[](auto& calls) { return on_saga(calls.paused(), "retry"); }, 202}},
      {"/admin/sagas/{id}/cancel",
       {[](auto& calls) { return on_saga(calls.paused(), "cancel"); }, 202}},
      {"/admin/sagas/{id}/skip",
       {[](auto& calls) { return on_saga(calls.paused_after_payment(), "skip"); }, 409}},
      {"/admin/sagas/{id}/pause",
       {[](auto& calls) { return on_saga(calls.standing_still(), "pause"); }, 202}},
      {"/admin/sagas/{id}/resume",
       {[](auto& calls) { return on_saga(calls.paused(), "resume"); }, 202}},
      {"/admin/dead-letters/{id}/replay",
       {[](auto& calls) {
          return KeyedCall{"/admin/dead-letters/" + calls.dead_letter() + "/replay", because()};
        },
        409}},
      {"/admin/dead-letters/{id}/discard",
       {[](auto& calls) {
          return KeyedCall{"/admin/dead-letters/" + calls.dead_letter() + "/discard", because()};
        },
        409}},
      {"/admin/held-events/{id}/release",
       {[](auto& calls) {
          return KeyedCall{"/admin/held-events/" + calls.held_order() + "/release", because()};
        },
        409}},
  };
  return recipes;
}

Answer KeyedCalls::send(const KeyedCall& call, const std::string& key) const {
  return shop_.http().post(call.path, call.body, headers_of(call, key));
}

std::optional<Answer> KeyedCalls::try_send(const KeyedCall& call, const std::string& key) const {
  const std::string body = call.body.is_null() ? std::string() : call.body.dump();
  return shop_.http().try_request("POST", call.path, body, headers_of(call, key));
}

void KeyedCalls::await_effect(const KeyedCall& call, const Answer& accepted) const {
  if (accepted.header("location").starts_with("/jobs/")) (void)shop_.await_job(job_of(accepted));
  if (call.path == "/orders") (void)shop_.await_end(accepted.json().at("id"));
  if (call.path == "/payments") {
    (void)shop_.await_end(call.body.at("order_id").get<std::string>());
  }
  if (call.path.ends_with("/retry") && call.path.starts_with("/orders/")) {
    const auto begin = std::string("/orders/").size();
    (void)shop_.await_end(call.path.substr(begin, call.path.find('/', begin) - begin));
  }
}

void KeyedCalls::tidy() {
  for (const auto& order : waiting_) {
    operate(order, "cancel");
    (void)shop_.await_end(order);
  }
  waiting_.clear();
}

std::string KeyedCalls::draft() {
  auto body = Shop::order_body(shop_.new_user(), shop_.new_product(kPrice));
  body["draft"] = true;
  return shop_.place(body);
}

std::string KeyedCalls::standing_still() {
  const auto order = shop_.place(shop_.body_with_line2(shop_.new_user(), "simulate:silent"));
  shop_.await_status(order, "PAID");
  waiting_.push_back(order);
  return order;
}

std::string KeyedCalls::paused() {
  const auto order = standing_still();
  operate(order, "pause");
  shop_.await_status(order, "NEEDS_ATTENTION");
  return order;
}

std::string KeyedCalls::paused_after_payment() {
  const auto user = shop_.new_user();
  const auto product = shop_.new_product(kPrice);
  system_.process("payments").freeze();
  const auto order = shop_.place(user, product);
  wait_until("the command is sent",
             [&] { return shop_.status(order).at("saga").at("waiting_for") != "start"; });
  operate(order, "pause");
  shop_.await_status(order, "NEEDS_ATTENTION");
  system_.process("payments").thaw();
  wait_until("the payment is made", [&] {
    return system_.database().number("SELECT count(*) FROM payments.payments WHERE order_id = '" +
                                     order + "'") == 1;
  });
  waiting_.push_back(order);
  return order;
}

std::string KeyedCalls::failed_for_lack_of_money() {
  const auto user = shop_.new_user(0);
  const auto order = shop_.place(user, shop_.new_product(kPrice));
  REQUIRE(shop_.await_end(order) == "PAYMENT_FAILED");
  const auto rich =
      shop_.http().post("/users/" + user + "/balance",
                        {{"amount", kPrice}, {"currency", "USD"}, {"reason", "a test"}},
                        {{"Idempotency-Key", fresh_key()}});
  REQUIRE(rich.status == 200);
  return order;
}

std::string KeyedCalls::dead_letter() {
  const auto id = core::new_uuid_v7().to_string();
  system_.database().execute(
      "INSERT INTO payments.dead_letters (id, topic, partition, message_offset, key, headers, "
      "body, "
      "reason) VALUES ('" +
      id + "', '" + system_.prefix() + "payments.commands', 0, 0, '" + id +
      R"(', '{"ce_source": "/test/keyed-calls", "ce_type": "x"}', '{}', 'a test'))");
  return id;
}

// As the order's owner leaves it when Kafka refuses the last event.
std::string KeyedCalls::held_order() {
  const auto order = shop_.place();
  REQUIRE(shop_.await_end(order) == "DELIVERED");
  system_.database().execute(
      "INSERT INTO orders.held_events (order_id, shard, sequence, reason) SELECT order_id, shard,"
      " event_sequence, 'a test' FROM orders.sagas WHERE order_id = '" +
      order + "'");
  return order;
}

void KeyedCalls::operate(const std::string& order, const std::string& verb) const {
  const auto answer =
      shop_.http().post("/admin/sagas/" + order + "/" + verb, because(), operator_headers());
  INFO(answer.body);
  REQUIRE(answer.status == 202);
  (void)shop_.await_job(job_of(answer));
}

}  // namespace orderflow::testing
