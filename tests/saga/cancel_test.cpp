#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "core/values/uuid.hpp"
#include "tests/support/shop.hpp"

// Cancelling, and the races around it. Promises 2 and 3.
namespace orderflow::testing {
namespace {

bool has(const std::vector<std::string>& types, const std::string& type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

// A command's id as docs/saga.md documents it: "1/payment" is the payment of round 1.
std::string command_id(const std::string& order_id, const std::string& round_and_step) {
  return core::derived_uuid(core::Uuid::parse(order_id).value(), round_and_step).to_string();
}

std::vector<RawMessage> messages_of(System& system, const std::string& topic,
                                    const std::string& order_id, const std::string& type) {
  auto all = system.kafka().read(topic);
  std::erase_if(all, [&](const RawMessage& message) {
    return message.headers.at("ce_subject") != order_id || message.headers.at("ce_type") != type;
  });
  return all;
}

TEST_CASE("a cancel before anything was charged", "[shared][cancel]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  // The card network never answers, so the order is still at its payment.
  const auto id = shop.place(user, shop.new_product(1'055));
  const auto job = shop.await_job(shop.ask(id, "cancel", {{"reason", "changed my mind"}}));
  CHECK(job.at("state") == "done");
  CHECK(job.at("kind") == "cancel");
  CHECK(job.at("order_id") == id);
  CHECK(shop.await_end(id) == "CANCELLED");
  CHECK(shop.balance(user) == 50'000);
  CHECK(has(shop.event_types(id), "CancelRequested"));
  CHECK(system.database().text("SELECT status FROM payments.payments WHERE order_id = '" + id +
                               "'") == "VOIDED");
  system.conclude();
}

TEST_CASE("a cancel before the pivot undoes what was done", "[shared][cancel]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(shop.body_with_line2(user, "simulate:silent"));
  shop.await_status(id, "PAID");
  CHECK(shop.await_job(shop.ask(id, "cancel")).at("state") == "done");
  CHECK(shop.await_end(id) == "CANCELLED");
  CHECK(shop.balance(user) == 50'000);
  CHECK(has(shop.event_types(id), "PaymentRefunded"));
  system.conclude();
}

TEST_CASE("a cancel after the pivot is refused and says why", "[shared][cancel]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto id = shop.place();
  REQUIRE(shop.await_end(id) == "DELIVERED");
  const auto answer = shop.http().post("/orders/" + id + "/cancel", {{"reason", "too late"}});
  if (answer.status == 202) {
    CHECK(shop.await_job(job_of(answer)).at("state") == "refused");
  } else {
    CHECK(answer.status == 409);
    CHECK_FALSE(answer.json().at("detail").get<std::string>().empty());
  }
  CHECK(shop.order(id).at("status") == "DELIVERED");
  system.conclude();
}

TEST_CASE("a cancel asked again is the same job", "[shared][cancel]") {
  auto& system = shared_system();
  const Shop shop(system);
  system.process("payments").freeze();
  const auto id = shop.place();
  const auto first = shop.ask(id, "cancel");
  CHECK(shop.ask(id, "cancel") == first);
  CHECK(shop.ask(id, "cancel", {{"reason", "again"}}) == first);
  system.process("payments").thaw();
  CHECK(shop.await_job(first).at("state") == "done");
  CHECK(shop.await_end(id) == "CANCELLED");
  CHECK(shop.ask(id, "cancel") == first);
  system.conclude();
}

TEST_CASE("a capture that was under way when the order was cancelled is given back",
          "[shared][cancel]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  system.process("payments").freeze();
  const auto id = shop.place(user, shop.new_product(1'000));
  wait_until("the capture is sent", [&] {
    return !messages_of(system, "payments.commands", id, "orderflow.payment.capture.v1").empty();
  });
  const auto job = shop.ask(id, "cancel");
  wait_until("the undo is sent", [&] {
    return !messages_of(system, "payments.commands", id, "orderflow.payment.undo_capture.v1")
                .empty();
  });
  system.process("payments").thaw();
  CHECK(shop.await_job(job).at("state") == "done");
  CHECK(shop.await_end(id) == "CANCELLED");
  CHECK(shop.balance(user) == 50'000);
  system.conclude();
}

TEST_CASE("a late reply after undo changes nothing", "[shared][cancel]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(shop.body_with_line2(user, "simulate:silent"));
  shop.await_status(id, "PAID");
  const auto replies = messages_of(system, "orders.inbox", id, "orderflow.saga.reply.v1");
  REQUIRE_FALSE(replies.empty());
  (void)shop.ask(id, "cancel");
  REQUIRE(shop.await_end(id) == "CANCELLED");
  const auto history = shop.history(id);

  const auto& late = replies.front();
  const auto offset = system.kafka().produce("orders.inbox", late.partition, late);
  wait_until("the orchestrator has read the late reply", [&] {
    return system.database().number("SELECT next_offset FROM orders.partitions WHERE partition = " +
                                    std::to_string(late.partition)) > offset;
  });
  CHECK(shop.order(id).at("status") == "CANCELLED");
  CHECK(shop.history(id) == history);
  CHECK(shop.balance(user) == 50'000);
  system.conclude();
}

TEST_CASE("an undo that overtakes its action blocks it", "[shared][cancel]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  auto body = Shop::order_body(user, shop.new_product(1'000));
  body["draft"] = true;
  const auto id = shop.place(body);
  const auto payment = command_id(id, "1/payment");

  // Somebody else's command for the same account shows where the account's commands go.
  const auto other = shop.place(user, shop.new_product(1'000));
  REQUIRE(shop.await_end(other) == "DELIVERED");
  auto undo = messages_of(system, "payments.commands", other, "orderflow.payment.capture.v1").at(0);
  auto words = Json::parse(undo.body);
  words["order_id"] = id;
  words["command_id"] = payment;
  undo.body = words.dump();
  undo.headers["ce_type"] = "orderflow.payment.undo_capture.v1";
  undo.headers["ce_subject"] = id;
  undo.headers["ce_id"] = fresh_key();
  system.kafka().produce("payments.commands", undo.partition, undo);
  const auto status_of_payment = [&] {
    return system.database().text("SELECT status FROM payments.payments WHERE id = '" + payment +
                                  "'");
  };
  wait_until("the undo leaves its mark", [&] { return status_of_payment() == "VOIDED"; });

  CHECK(shop.await_job(shop.ask(id, "confirm")).at("state") == "done");
  CHECK(shop.await_end(id) == "PAYMENT_FAILED");
  CHECK(shop.order(id).at("failure").at("code") == "voided");
  CHECK(status_of_payment() == "VOIDED");
  CHECK(shop.balance(user) == 49'000);
  system.conclude();
}

TEST_CASE("a command that comes twice has one effect and the same answer", "[shared][cancel]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(user, shop.new_product(1'000));
  REQUIRE(shop.await_end(id) == "DELIVERED");
  const auto replies = [&] {
    return messages_of(system, "orders.inbox", id, "orderflow.saga.reply.v1");
  };
  const auto before = replies().size();
  for (const char* topic : {"payments.commands", "delivery.commands"}) {
    const auto type = std::string(topic) == "payments.commands" ? "orderflow.payment.capture.v1"
                                                                : "orderflow.delivery.schedule.v1";
    const auto command = messages_of(system, topic, id, type).at(0);
    system.kafka().produce(topic, command.partition, command);
  }
  wait_until("both answers come again", [&] { return replies().size() >= before + 2; });
  CHECK(shop.balance(user) == 49'000);
  CHECK(shop.event_types(id).size() == 4);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
