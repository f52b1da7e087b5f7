#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <sstream>

#include "tests/support/shop.hpp"

// Correlation id and trace context, from the request to every place it leaves a mark.
namespace orderflow::testing {
namespace {

constexpr const char* kTraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

bool any_line(const std::string& log, const std::string& correlation_id) {
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    const auto json = Json::parse(line, nullptr, false);
    if (json.is_object() && json.value("correlation_id", "") == correlation_id &&
        json.value("trace_id", "") == kTraceId) {
      return true;
    }
  }
  return false;
}

TEST_CASE("the correlation id and the trace go everywhere", "[shared][trace]") {
  auto& system = shared_system();
  const Shop shop(system);
  const auto correlation = "test-" + fresh_key();
  const auto user = shop.new_user();
  const auto answer =
      shop.http().post("/orders", Shop::order_body(user, shop.new_product(1'000)),
                       {{"X-Correlation-ID", correlation},
                        {"traceparent", std::string("00-") + kTraceId + "-00f067aa0ba902b7-01"}});
  REQUIRE(answer.status == 202);
  CHECK(answer.header("x-correlation-id") == correlation);
  const std::string id = answer.json().at("id");
  REQUIRE(shop.await_end(id) == "DELIVERED");

  for (const auto& event : shop.history(id)) CHECK(event.at("correlation_id") == correlation);
  for (const char* topic :
       {"orders.inbox", "orders.events", "payments.commands", "delivery.commands"}) {
    INFO(topic);
    int seen = 0;
    for (const auto& message : system.kafka().read(topic)) {
      if (message.headers.at("ce_subject") != id) continue;
      ++seen;
      INFO(message.headers.at("ce_type"));
      CHECK(message.headers.at("correlation_id") == correlation);
      CHECK(message.headers.at("traceparent").substr(3, 32) == kTraceId);
      CHECK(message.headers.at("ce_specversion") == "1.0");
      CHECK(message.headers.at("content-type") == "application/json");
    }
    CHECK(seen > 0);
  }
  for (const char* role : {"api", "orchestrator", "payments", "delivery"}) {
    INFO(role);
    CHECK(holds_within(Millis{5'000}, [&] { return any_line(system.log(role), correlation); }));
  }
  system.conclude();
}

TEST_CASE("every answer has a correlation id, and an odd one is replaced", "[shared][trace]") {
  auto& system = shared_system();
  const Shop shop(system);
  CHECK_FALSE(shop.http().get("/products").header("x-correlation-id").empty());
  const auto missing = shop.http().get("/orders/018f0000-0000-7000-8000-000000000000");
  CHECK(missing.status == 404);
  CHECK(missing.json().at("correlation_id") == missing.header("x-correlation-id"));
  const auto odd = shop.http().get("/products", {{"X-Correlation-ID", "a b\tc\"<script>"}});
  CHECK(odd.status == 200);
  CHECK_FALSE(odd.header("x-correlation-id").empty());
  CHECK(odd.header("x-correlation-id").find('<') == std::string::npos);
  system.conclude();
}

TEST_CASE("every log line of every role is one JSON object", "[shared][trace]") {
  auto& system = shared_system();
  const Shop shop(system);
  REQUIRE(shop.await_end(shop.place()) == "DELIVERED");
  for (const char* role : {"api", "orchestrator", "payments", "delivery"}) {
    std::istringstream lines(system.log(role));
    for (std::string line; std::getline(lines, line);) {
      if (lines.eof()) break;  // The last one may be half written.
      INFO(role << ": " << line);
      const auto json = Json::parse(line, nullptr, false);
      REQUIRE(json.is_object());
      CHECK(json.at("role") == role);
      CHECK(json.contains("time"));
      CHECK(json.contains("level"));
      CHECK(json.contains("message"));
    }
  }
  system.conclude();
}

}  // namespace
}  // namespace orderflow::testing
