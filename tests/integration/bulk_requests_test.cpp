#include <catch2/catch_test_macros.hpp>

#include "http-api/admin/saga_requests.hpp"
#include "tests/integration/participant_harness.hpp"

// What operators ask of a whole group of sagas, against a real database.
namespace orderflow::testing {
namespace {

using http_api::BulkOutcome;
using http_api::BulkRequest;

class Group {
 public:
  Group() : session_(core::DatabaseUrl(database_.url()), {.role = "orderflow_orders"}) {}

  // A saga that waits for a person because its payment got no reply.
  core::Uuid insert_waiting() {
    const core::Uuid id = core::new_uuid_v7();
    const std::string text = id.to_string();
    sql().execute(
        "INSERT INTO orders.sagas (order_id, user_id, shard, live, attention, status, phase, step,"
        " steps, round, waiting_for, reason, updated_at) VALUES ('" +
        text + "', gen_random_uuid(), " + std::to_string(core::shard_of(text)) +
        ", true, true, 'NEEDS_ATTENTION', 'running', 'payment', 'payment:sent', 1, 'operator',"
        " 'payment: no_reply_in_time', now())");
    return id;
  }

  BulkOutcome ask(const saga::RequestKind& kind, bool dry_run = false) {
    const BulkRequest request{kind, {"payment", ""}, "the network is down", dry_run};
    core::PgTransaction transaction(session_);
    auto outcome =
        request_for_group(transaction, request, {"eve", {"test", core::new_traceparent()}});
    transaction.commit();
    return outcome;
  }

  [[nodiscard]] Database sql() const { return database_.sql(); }

 private:
  MigratedDatabase database_;
  core::PgSession session_;
};

constexpr const char* kAudited = "SELECT count(*) FROM ops.audit_log";
constexpr const char* kAuditedJobs =
    "SELECT count(*) FROM ops.audit_log a JOIN orders.requests r"
    " ON r.id = (a.details->>'job_id')::uuid AND r.order_id = a.subject";

TEST_CASE("the audit trail of a bulk cancel names jobs that are there", "[bulk-requests]") {
  Group group;
  const auto first = group.insert_waiting();
  const auto before = group.ask(saga::Cancel{});
  REQUIRE(before.items.size() == 1);
  const auto second = group.insert_waiting();
  const auto both = group.ask(saga::Cancel{});
  REQUIRE(both.items.size() == 2);
  for (const auto& item : both.items) {
    CHECK((item.order_id.uuid == first || item.order_id.uuid == second));
    // An order is cancelled once, by the job that was first.
    CHECK((item.order_id.uuid != first || item.job_id == before.items[0].job_id));
  }
  CHECK(group.sql().number("SELECT count(*) FROM orders.requests") == 2);
  CHECK(group.sql().number(kAudited) == 3);
  CHECK(group.sql().number(kAuditedJobs) == 3);
}

TEST_CASE("a bulk retry makes a job a saga each time, a dry run none", "[bulk-requests]") {
  Group group;
  (void)group.insert_waiting();
  (void)group.insert_waiting();
  CHECK(group.ask(saga::Retry{}, true).items.size() == 2);
  CHECK(group.sql().number("SELECT count(*) FROM orders.requests") == 0);
  CHECK(group.ask(saga::Retry{}).items.size() == 2);
  CHECK(group.ask(saga::Retry{}).items.size() == 2);
  CHECK(group.sql().number("SELECT count(*) FROM orders.requests WHERE kind = 'retry'") == 4);
  CHECK(group.sql().number(kAuditedJobs) == 4);
}

}  // namespace
}  // namespace orderflow::testing
