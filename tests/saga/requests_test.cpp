#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"

// Drafts, jobs, payments on request, and what an operator may do to a status.
namespace orderflow::testing {
namespace {

std::string place_draft(const Shop& shop, const std::string& user) {
  auto body = Shop::order_body(user, shop.new_product(1'000));
  body["draft"] = true;
  return shop.place(body);
}

Answer put_status(const Shop& shop, const std::string& id, const std::string& status) {
  return shop.http().put("/orders/" + id + "/status",
                         {{"status", status}, {"reason", "an operator's test"}},
                         operator_headers());
}

TEST_CASE("a draft waits until it is confirmed", "[shared][requests]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = place_draft(shop, user);
  CHECK(shop.order(id).at("status") == "DRAFT");
  CHECK(shop.status(id).at("terminal") == false);
  const auto job = shop.await_job(shop.ask(id, "confirm"));
  CHECK(job.at("state") == "done");
  CHECK(job.at("kind") == "confirm");
  CHECK(job.at("transitions").at(0).at("state") == "accepted");
  CHECK(job.at("transitions").back().at("state") == "done");
  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.http().post("/orders/" + id + "/confirm").status == 409);
  CHECK(shop.balance(user) == 49'000);
  system.conclude();
}

TEST_CASE("a draft can be cancelled without ever being charged", "[shared][requests]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = place_draft(shop, user);
  CHECK(shop.await_job(shop.ask(id, "cancel")).at("state") == "done");
  CHECK(shop.await_end(id) == "CANCELLED");
  CHECK(shop.balance(user) == 50'000);
  system.conclude();
}

TEST_CASE("a job can be waited for", "[shared][requests]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto id = place_draft(shop, shop.new_user());
  const auto job = shop.ask(id, "confirm");
  const auto answer = shop.http().get("/jobs/" + job + "?wait=20");
  CHECK(answer.status == 200);
  CHECK(answer.json().at("state") == "done");
  CHECK(shop.http().get("/jobs/018f0000-0000-7000-8000-000000000000").status == 404);
  const auto status = shop.http().get("/orders/" + id + "/status?wait=20");
  CHECK(status.json().at("terminal") == true);
  CHECK(shop.await_end(id) == "DELIVERED");
  system.conclude();
}

TEST_CASE("a payment on request charges an unpaid order once", "[shared][requests]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = place_draft(shop, user);
  const auto first = shop.http().post("/payments", {{"order_id", id}});
  INFO(first.body);
  REQUIRE(first.status == 202);
  CHECK(shop.await_job(job_of(first)).at("state") == "done");
  const auto second = shop.http().post("/payments", {{"order_id", id}});
  if (second.status == 202) {
    CHECK(shop.await_job(job_of(second)).at("state") == "refused");
  } else {
    CHECK(second.status == 409);
  }
  CHECK(shop.await_end(id) == "DELIVERED");
  CHECK(shop.balance(user) == 49'000);
  system.conclude();
}

TEST_CASE("an operator may make legal transitions only", "[shared][requests]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);

  SECTION("a draft to PENDING_PAYMENT, and on from there by itself") {
    const auto id = place_draft(shop, user);
    const auto answer = put_status(shop, id, "PENDING_PAYMENT");
    REQUIRE(answer.status == 202);
    CHECK(shop.await_job(job_of(answer)).at("state") == "done");
    CHECK(shop.await_end(id) == "DELIVERED");
  }
  SECTION("a failed payment to CANCELLED") {
    const auto id = shop.place(user, shop.new_product(1'051));
    REQUIRE(shop.await_end(id) == "PAYMENT_FAILED");
    const auto answer = put_status(shop, id, "CANCELLED");
    REQUIRE(answer.status == 202);
    CHECK(shop.await_job(job_of(answer)).at("state") == "done");
    CHECK(shop.await_end(id) == "CANCELLED");
    CHECK(system.database().number("SELECT count(*) FROM ops.audit_log WHERE actor = 'eve' AND "
                                   "action = 'saga.set_status' AND subject = '" +
                                   id + "'") == 1);
  }
  SECTION("nothing leads out of DELIVERED") {
    const auto id = shop.place(user, shop.new_product(1'000));
    REQUIRE(shop.await_end(id) == "DELIVERED");
    for (const char* status : {"PENDING_PAYMENT", "PAID", "CANCELLED", "DRAFT"}) {
      INFO(status);
      CHECK(put_status(shop, id, status).status == 409);
    }
    CHECK(put_status(shop, id, "NOT_A_STATUS").status == 422);
  }
  SECTION("an order cannot be made PAID by hand") {
    const auto id = place_draft(shop, user);
    CHECK(put_status(shop, id, "PAID").status == 409);
    CHECK(shop.order(id).at("status") == "DRAFT");
  }
  system.conclude();
}

TEST_CASE("refunds: part, too much, the rest, nothing left", "[shared][requests]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(user, shop.new_product(10'000));
  REQUIRE(shop.await_end(id) == "DELIVERED");
  const std::string payment = shop.order(id).at("payment_id");

  CHECK(shop.await_job(shop.refund(payment, money(4'000))).at("state") == "done");
  CHECK(shop.balance(user) == 44'000);
  const auto refused = [&](const Json& amount) {
    Json body = {{"payment_id", payment}, {"reason", "a test"}};
    if (!amount.is_null()) body["amount"] = amount;
    const auto answer = shop.http().post("/refunds", body, {{"Idempotency-Key", fresh_key()}});
    if (answer.status == 202) {
      return shop.await_job(job_of(answer)).at("state") == "refused";
    }
    return answer.status == 409;
  };
  CHECK(refused(money(6'001)));
  CHECK(shop.balance(user) == 44'000);
  CHECK(shop.await_job(shop.refund(payment, nullptr)).at("state") == "done");
  CHECK(shop.balance(user) == 50'000);
  CHECK(refused(nullptr));
  CHECK(refused(money(1)));
  CHECK(shop.balance(user) == 50'000);
  system.conclude();
}

TEST_CASE("refunds need a key, and the same key refunds once", "[shared][requests]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(user, shop.new_product(10'000));
  REQUIRE(shop.await_end(id) == "DELIVERED");
  const Json body = {{"payment_id", shop.order(id).at("payment_id")},
                     {"amount", money(1'000)},
                     {"reason", "a test"}};
  CHECK(shop.http().post("/refunds", body).status == 400);
  const Headers key = {{"Idempotency-Key", fresh_key()}};
  const auto first = shop.http().post("/refunds", body, key);
  REQUIRE(first.status == 202);
  const auto second = shop.http().post("/refunds", body, key);
  CHECK(second.status == 202);
  CHECK(job_of(second) == job_of(first));
  CHECK(second.header("idempotency-replayed") == "true");
  CHECK(shop.await_job(job_of(first)).at("state") == "done");
  CHECK(shop.balance(user) == 41'000);
  system.conclude();
}

TEST_CASE("a refund while the saga runs is refused: cancel instead", "[shared][requests]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(shop.body_with_line2(user, "simulate:silent"));
  shop.await_status(id, "PAID");
  const auto answer = shop.http().post(
      "/refunds", {{"payment_id", shop.order(id).at("payment_id")}, {"reason", "now"}},
      {{"Idempotency-Key", fresh_key()}});
  if (answer.status == 202) {
    CHECK(shop.await_job(job_of(answer)).at("state") == "refused");
  } else {
    CHECK(answer.status == 409);
  }
  (void)shop.ask(id, "cancel");
  CHECK(shop.await_end(id) == "CANCELLED");
  CHECK(shop.balance(user) == 50'000);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
