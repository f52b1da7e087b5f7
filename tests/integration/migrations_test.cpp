#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <thread>
#include <vector>

#include "events/roles.hpp"
#include "schemas/embedded.hpp"
#include "schemas/installation.hpp"
#include "schemas/migrate.hpp"
#include "schemas/migration_plan.hpp"
#include "schemas/seed.hpp"
#include "tests/support/database.hpp"
#include "tests/support/environment.hpp"
#include "tests/support/settings.hpp"

// Row 6.3: migrations are numbered, checksummed, and safe to run from many processes at once.
namespace orderflow::testing {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

class Migrating {
 public:
  int migrate(const std::string& partitions = "4") {
    return schemas::run_migrate(settings(partitions), logger_);
  }
  int seed() { return schemas::run_seed(settings("4"), logger_); }
  [[nodiscard]] Database look() const { return Database(database_.url()); }

 private:
  [[nodiscard]] core::Settings settings(const std::string& partitions) const {
    return settings_from({{"DATABASE_URL", database_.url()}, {"ORDERFLOW_PARTITIONS", partitions}});
  }

  TestDatabase database_{required_variable("ORDERFLOW_TEST_DATABASE_URL")};
  core::Logger logger_{"test", core::LogLevel::kError};
};

TEST_CASE("eight processes may migrate one database at once", "[migrations]") {
  Migrating installation;
  std::atomic<int> succeeded{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { succeeded += installation.migrate() == 0 ? 1 : 0; });
    }
  }
  CHECK(succeeded == 8);
  const auto database = installation.look();
  const auto applied = database.number("SELECT count(*) FROM ops.migrations");
  CHECK(applied == static_cast<std::int64_t>(schemas::migrations().size()));
  for (const auto& owner : events::kOwners) {
    CHECK(database.number("SELECT count(*) FROM " + std::string(owner.schema) + ".partitions") ==
          4);
  }
}

TEST_CASE("a migration changed after it was applied is refused by name", "[migrations]") {
  Migrating installation;
  REQUIRE(installation.migrate() == 0);
  installation.look().execute("UPDATE ops.migrations SET checksum = 'other' WHERE number = 2");
  CHECK_THROWS_MATCHES(installation.migrate(), schemas::MigrationRefused,
                       MessageMatches(ContainsSubstring("migration 0002_") &&
                                      ContainsSubstring("was changed after it was applied")));
}

// Commands have another kind of id from then on.
TEST_CASE("orders that are under way keep the ids of their commands from changing",
          "[migrations]") {
  Migrating installation;
  REQUIRE(installation.migrate() == 0);
  const auto& all = schemas::migrations();
  const auto guard = std::find_if(all.begin(), all.end(), [](const auto& migration) {
    return migration.name == "0009_derived_ids.sql";
  });
  REQUIRE(guard != all.end());
  const std::string sql(guard->sql);
  const auto database = installation.look();
  database.execute(
      "INSERT INTO orders.sagas (order_id, shard, live, status, phase, steps, updated_at) VALUES"
      " (gen_random_uuid(), 1, true, 'PENDING_PAYMENT', 'running', 'payment:sent', now())");
  CHECK_THROWS_WITH(database.execute(sql), ContainsSubstring("1 orders are under way") &&
                                               ContainsSubstring("start the former version"));
  database.execute(
      "UPDATE orders.sagas SET live = false, status = 'CANCELLED', steps = 'payment:undone'");
  CHECK_NOTHROW(database.execute(sql));
}

TEST_CASE("another partition count changes nothing", "[migrations]") {
  Migrating installation;
  REQUIRE(installation.migrate() == 0);
  REQUIRE(installation.migrate("8") == 0);
  CHECK(installation.look().number(schemas::kPartitionCountSql) == 4);
  CHECK(installation.look().number("SELECT count(*) FROM orders.partitions") == 4);
}

TEST_CASE("seeding again adds nothing and takes nothing back", "[migrations]") {
  Migrating installation;
  CHECK_THROWS_MATCHES(installation.seed(), core::BadConfiguration,
                       MessageMatches(ContainsSubstring("orderflow migrate")));
  REQUIRE(installation.migrate() == 0);
  REQUIRE(installation.seed() == 0);
  const auto database = installation.look();
  database.execute("UPDATE payments.accounts SET balance = balance - 100");
  const auto products = database.number("SELECT count(*) FROM catalogue.products");
  REQUIRE(installation.seed() == 0);
  CHECK(database.number("SELECT count(*) FROM catalogue.products") == products);
  CHECK(database.number("SELECT sum(opening - balance) FROM payments.accounts") == 300);
  CHECK(database.number("SELECT count(*) FROM identity.users") == 3);
}

}  // namespace
}  // namespace orderflow::testing
