#include <catch2/catch_test_macros.hpp>

#include "tests/support/event_checker.hpp"

// The stranger's eyes: a check that cannot fail proves nothing.
namespace orderflow::testing {
namespace {

constexpr const char* kOrder = "018f0000-0000-7000-8000-000000000001";

void send(EventChecker& checker, int sequence, const std::string& status,
          const std::map<std::string, std::string>& more = {}) {
  std::map<std::string, std::string> headers = {{"ce_specversion", "1.0"},
                                                {"ce_id", "1"},
                                                {"ce_source", "/orderflow/orchestrator"},
                                                {"ce_type", "orderflow.order.order_placed.v1"},
                                                {"ce_time", "2026-01-01T00:00:00.000Z"},
                                                {"ce_subject", kOrder},
                                                {"ce_sequence", std::to_string(sequence)},
                                                {"content-type", "application/json"},
                                                {"traceparent", "t"},
                                                {"correlation_id", "c"}};
  for (auto& [name, value] : more) headers[name] = value;
  const nlohmann::json body = {{"order_id", kOrder},
                               {"sequence", sequence},
                               {"type", "T"},
                               {"status", status},
                               {"time", "2026-01-01T00:00:00.000Z"},
                               {"actor", "system"},
                               {"correlation_id", "c"},
                               {"data", {{"sequence", sequence}}}};
  checker.take(kOrder, body.dump(), headers);
}

TEST_CASE("the outside consumer is content with a sound history, repeats included", "[checker]") {
  EventChecker checker;
  send(checker, 1, "PENDING_PAYMENT");
  send(checker, 2, "PAID");
  send(checker, 1, "PENDING_PAYMENT");
  send(checker, 2, "PAID");
  send(checker, 3, "DELIVERY_SCHEDULED");
  CHECK(checker.violations().empty());
  CHECK(checker.duplicates() == 2);
  CHECK(checker.orders().at(kOrder).events.size() == 3);
}

TEST_CASE("the outside consumer notices what breaks a promise", "[checker]") {
  EventChecker checker;
  send(checker, 1, "PENDING_PAYMENT");
  SECTION("a gap") { send(checker, 3, "PAID"); }
  SECTION("a status that must not follow") { send(checker, 2, "DELIVERED"); }
  SECTION("a repeat that says something else") { send(checker, 1, "DRAFT"); }
  SECTION("a missing header") { send(checker, 2, "PAID", {{"traceparent", ""}}); }
  SECTION("another subject") { send(checker, 2, "PAID", {{"ce_subject", "x"}}); }
  SECTION("another sequence in the header") { send(checker, 2, "PAID", {{"ce_sequence", "7"}}); }
  SECTION("a body that is not JSON") {
    checker.take(kOrder, "{", {{"ce_source", "/orderflow/orchestrator"}});
  }
  CHECK(checker.violations().size() == 1);
}

TEST_CASE("an event and its row in the history have the same digest, and no others have") {
  const nlohmann::json event = {{"order_id", kOrder},
                                {"sequence", 1},
                                {"type", "T"},
                                {"status", "PAID"},
                                {"time", "2026-01-01T00:00:00.000Z"},
                                {"actor", "system"},
                                {"correlation_id", "c"},
                                {"data", {{"amount", 1}, {"currency", "USD"}}}};
  auto row = event;
  row.erase("order_id");
  CHECK(EventChecker::history_digest(row) == EventChecker::history_digest(event));
  for (const char* field : {"sequence", "type", "time", "actor", "correlation_id", "data"}) {
    auto other = row;
    other[field] = "something else";
    CHECK(EventChecker::history_digest(other) != EventChecker::history_digest(event));
  }
}

TEST_CASE("a gap is forgiven only when a broker forgot", "[checker]") {
  EventChecker checker;
  checker.allow_gaps();
  send(checker, 2, "PAID");
  send(checker, 4, "DELIVERED");
  CHECK(checker.violations().empty());
}

}  // namespace
}  // namespace orderflow::testing
