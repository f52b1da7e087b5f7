#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "tests/support/shop.hpp"
#include "tests/support/wait.hpp"

// A refund after the sale is awaited, named, probed and alarmed as a step is. Promises 2 and 6.
namespace orderflow::testing {
namespace {

Json refund_of(const Json& status) {
  for (const auto& step : status.at("saga").at("steps")) {
    if (step.at("name") == "refund") return step;
  }
  return nullptr;
}

bool listed(const Shop& shop, const std::string& order_id) {
  const auto items =
      shop.http().get("/admin/sagas?step=refund", operator_headers()).json().at("items");
  return std::any_of(items.begin(), items.end(),
                     [&](const Json& saga) { return saga.at("order_id") == order_id; });
}

TEST_CASE("a refund that nobody answers is named, probed and alarmed, and pays once",
          "[shared][refunds]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user(50'000);
  const auto id = shop.place(user, shop.new_product(1'000));
  REQUIRE(shop.await_end(id) == "DELIVERED");
  const auto alarmed = [&] {
    return system.metric("orchestrator", "orderflow_sagas_attention", {R"(step="refund")"});
  };
  CHECK(alarmed() == 0);

  system.process("payments").freeze();
  const auto job = shop.refund(shop.order(id).at("payment_id"), nullptr);
  wait_until([&] { return "the refund is named; the order is " + shop.status(id).dump(); },
             [&] { return shop.status(id).at("saga").at("waiting_for") == "operator"; });
  const auto status = shop.status(id);
  CHECK(status.at("status") == "DELIVERED");  // The order has its outcome; something is late.
  CHECK(status.at("saga").at("step") == "refund");
  CHECK(status.at("saga").at("reason") == "refund: no_reply_in_time");
  CHECK(refund_of(status).at("state") == "sent");
  CHECK(refund_of(status).at("waiting_for") == "operator");
  CHECK(listed(shop, id));
  CHECK(system.run({"sagas", "list", "--step", "refund"}).output.find(id) != std::string::npos);
  wait_until("there is an alarm", [&] { return alarmed() == 1; });
  CHECK(shop.job(job).at("state") == "running");
  const int attempt = status.at("saga").at("attempt");
  wait_until("it is probed", [&] { return shop.status(id).at("saga").at("attempt") > attempt; });

  system.process("payments").thaw();
  CHECK(shop.await_job(job).at("state") == "done");
  CHECK(shop.balance(user) == 50'000);
  CHECK(shop.status(id).at("status") == "DELIVERED");
  CHECK(refund_of(shop.status(id)) == nullptr);
  CHECK_FALSE(listed(shop, id));
  wait_until("the alarm is over", [&] { return alarmed() == 0; });
  const auto types = shop.event_types(id);
  CHECK(std::count(types.begin(), types.end(), "RefundCompleted") == 1);
  CHECK(std::count(types.begin(), types.end(), "AttentionNeeded") == 1);
  CHECK(std::count(types.begin(), types.end(), "AttentionResolved") == 1);
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
