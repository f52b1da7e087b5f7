#include <catch2/catch_test_macros.hpp>

#include "domain/delivery/rows.hpp"
#include "domain/payments/rows.hpp"
#include "tests/integration/participant_harness.hpp"

// How PostgreSQL plans what participants ask of it.
namespace orderflow::testing {
namespace {

TEST_CASE("the hot statements use indexes only, on empty tables too") {
  const MigratedDatabase database;
  const auto check = [&](const core::PgStatement* statement) {
    const auto plan = plan_of(*statement, database.url());
    INFO(statement->name << "\n" << plan);
    CHECK(plan.find("Seq Scan") == std::string::npos);
    CHECK(plan.find("cost") != std::string::npos);
  };
  for (const auto* statement : domain::payment_statements()) check(statement);
  for (const auto* statement : domain::delivery_statements()) check(statement);
}

}  // namespace
}  // namespace orderflow::testing
