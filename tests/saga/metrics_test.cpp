#include <catch2/catch_test_macros.hpp>
#include <regex>

#include "tests/support/shop.hpp"

// The metrics docs/metrics.md names exist on the roles that know them, and count.
namespace orderflow::testing {
namespace {

void check_present(System& system, const std::string& role, const std::vector<std::string>& names) {
  const auto text = system.monitor(role).get("/metrics").body;
  for (const auto& name : names) {
    INFO(role << " has no " << name);
    CHECK(text.find("# TYPE orderflow_" + name + " ") != std::string::npos);
  }
  // No ids in labels: they would make a time series each.
  static const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-");
  CHECK_FALSE(std::regex_search(text, uuid));
}

TEST_CASE("every role serves the metrics it is asked for", "[shared][metrics]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto user = shop.new_user();
  const auto placed = system.metric("api", "orderflow_orders_placed_total");
  const auto started = system.metric("orchestrator", "orderflow_sagas_started_total");
  const auto events = system.metric("orchestrator", "orderflow_events_published_total");
  std::vector<std::string> ids;
  for (const std::int64_t price : {1'000, 1'051, 1'052, 1'053}) {
    ids.push_back(shop.place(user, shop.new_product(price)));
  }
  auto body = Shop::order_body(user, shop.new_product(1'000));
  body["delivery_address"]["line2"] = "simulate:no-carrier";
  ids.push_back(shop.place(body));
  for (const auto& id : ids) (void)shop.await_end(id);

  CHECK(system.metric("api", "orderflow_orders_placed_total") == placed + 5);
  CHECK(system.metric("orchestrator", "orderflow_sagas_started_total") == started + 5);
  CHECK(system.metric("orchestrator", "orderflow_sagas_finished_total") >= 5);
  wait_until("events are counted", [&] {
    return system.metric("orchestrator", "orderflow_events_published_total") >= events + 15;
  });
  CHECK(system.metric("payments", "orderflow_ledger_imbalance_minor_units") == 0);

  check_present(system, "api",
                {"http_requests_total", "http_request_duration_seconds", "orders_placed_total",
                 "build_info"});
  check_present(system, "orchestrator",
                {"sagas_started_total", "sagas_finished_total", "sagas_in_progress",
                 "saga_step_duration_seconds", "saga_retries_total", "saga_compensations_total",
                 "saga_timeouts_total", "saga_oldest_unfinished_seconds", "publish_oldest_seconds",
                 "events_published_total", "partition_grants_total", "partition_fenced_total",
                 "consumer_lag", "consumer_oldest_seconds", "consumer_batch_size",
                 "consumer_batch_duration_seconds", "dead_letters", "build_info"});
  for (const char* role : {"payments", "delivery"}) {
    check_present(system, role,
                  {"partition_grants_total", "consumer_lag", "consumer_batch_size",
                   "consumer_batch_duration_seconds", "publish_oldest_seconds", "build_info"});
  }
  check_present(system, "payments", {"ledger_imbalance_minor_units"});
  system.conclude();
}

TEST_CASE("requests are counted by route, not by path", "[shared][metrics]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto id = shop.place();
  (void)shop.await_end(id);
  const std::vector<std::string> labels = {"method=\"GET\"", "route=\"/orders/{id}\"",
                                           "status=\"200\"", "role=\"api\""};
  const auto before = system.metric("api", "orderflow_http_requests_total", labels);
  (void)shop.order(id);
  CHECK(system.metric("api", "orderflow_http_requests_total", labels) == before + 1);
  system.conclude();
}

TEST_CASE("health says what is up", "[shared][metrics]") {
  auto& system = shared_system();
  for (const char* role : {"api", "orchestrator", "payments", "delivery"}) {
    INFO(role);
    CHECK(system.monitor(role).get("/health/live").status == 200);
    CHECK(system.monitor(role).get("/health/ready").status == 200);
    const auto health = system.monitor(role).get("/health");
    CHECK(health.status == 200);
    CHECK(health.json().is_object());
  }
  CHECK(system.http()
            .get("/openapi.json")
            .json()
            .at("openapi")
            .get<std::string>()
            .starts_with("3.1"));
  CHECK(system.http().get("/docs").status == 200);
}

}  // namespace
}  // namespace orderflow::testing
