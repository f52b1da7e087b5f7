#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <iterator>
#include <string>
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
  Migrating() : database_(required_variable("ORDERFLOW_TEST_DATABASE_URL")) {}
  // On a copy of its database.
  explicit Migrating(const Migrating& original)
      : database_(required_variable("ORDERFLOW_TEST_DATABASE_URL"), original.database_) {}

  int migrate(const std::string& partitions = "4") {
    return schemas::run_migrate(settings(partitions), logger_);
  }
  int seed() { return schemas::run_seed(settings("4"), logger_); }
  [[nodiscard]] Database look() const { return Database(database_.url()); }

 private:
  [[nodiscard]] core::Settings settings(const std::string& partitions) const {
    return settings_from({{"DATABASE_URL", database_.url()}, {"ORDERFLOW_PARTITIONS", partitions}});
  }

  TestDatabase database_;
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
                                      ContainsSubstring("has changed since it was applied")));
}

// As the migrations were before they were rewritten as one baseline: other names under the same
// numbers, and more or fewer of them.
TEST_CASE("a database of migrations rewritten since is refused and left alone", "[migrations]") {
  const std::string kFormer[] = {"0001_contexts.sql",   "0002_identity_catalogue.sql",
                                 "0003_orders.sql",     "0004_payments.sql",
                                 "0005_delivery.sql",   "0006_operations.sql",
                                 "0007_statistics.sql", "0008_row_types.sql"};
  for (const std::size_t applied : {std::size_t{1}, std::size(kFormer)}) {
    Migrating installation;
    const auto database = installation.look();
    database.execute(
        "CREATE SCHEMA ops; CREATE TABLE ops.settings (name text PRIMARY KEY, value text NOT NULL);"
        "CREATE TABLE ops.migrations (number integer PRIMARY KEY, name text NOT NULL,"
        " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())");
    for (std::size_t i = 0; i < applied; ++i) {
      database.execute("INSERT INTO ops.migrations VALUES (" + std::to_string(i + 1) + ", '" +
                       kFormer[i] + "', 'x')");
    }
    const auto refused = [](const auto& attempt) {
      CHECK_THROWS_MATCHES(attempt(), core::BadConfiguration,
                           MessageMatches(ContainsSubstring("0001_contexts.sql is unknown here") &&
                                          ContainsSubstring("`./orderflow wipe`") &&
                                          ContainsSubstring("DATABASE_URL to an empty database")));
    };
    refused([&] { return installation.migrate(); });
    refused([&] { return installation.seed(); });
    CHECK(database.number("SELECT count(*) FROM ops.migrations") ==
          static_cast<std::int64_t>(applied));
    CHECK(database.number("SELECT count(*) FROM pg_namespace WHERE nspname = 'orders'") == 0);
  }
}

TEST_CASE("another partition count changes nothing", "[migrations]") {
  Migrating installation;
  REQUIRE(installation.migrate() == 0);
  REQUIRE(installation.migrate("8") == 0);
  CHECK(installation.look().number(schemas::kPartitionCountSql) == 4);
  CHECK(installation.look().number("SELECT count(*) FROM orders.partitions") == 4);
}

// Both took each other's messages for their own.
TEST_CASE("a copied database has no installation id until it is migrated, and then its own",
          "[migrations]") {
  Migrating installation;
  REQUIRE(installation.migrate() == 0);
  const auto id = installation.look().text("SELECT ops.installation_id()");
  CHECK_FALSE(id.empty());
  REQUIRE(installation.migrate() == 0);
  CHECK(installation.look().text("SELECT ops.installation_id()") == id);

  Migrating copy(installation);
  CHECK(copy.look().text("SELECT value FROM ops.settings WHERE name = 'installation_id'") == id);
  CHECK(copy.look().text("SELECT ops.installation_id()").empty());
  REQUIRE(copy.migrate() == 0);
  const auto own = copy.look().text("SELECT ops.installation_id()");
  CHECK_FALSE(own.empty());
  CHECK(own != id);
  CHECK(installation.look().text("SELECT ops.installation_id()") == id);
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
