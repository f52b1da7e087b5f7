#include "schemas/migration_plan.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <regex>
#include <string>
#include <vector>

#include "core/values/digest.hpp"

namespace orderflow::schemas {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

const std::vector<EmbeddedMigration> kKnown{{1, "0001_one.sql", "CREATE TABLE one ();"},
                                            {2, "0002_two.sql", "CREATE TABLE two ();"},
                                            {3, "0003_three.sql", "CREATE TABLE three ();"}};

AppliedMigration applied(int number) {
  const auto& file = kKnown.at(static_cast<std::size_t>(number) - 1);
  return {number, std::string(file.name), core::sha256_hex(file.sql)};
}

std::vector<int> numbers_left(const std::vector<AppliedMigration>& rows) {
  std::vector<int> numbers;
  for (const auto& file : migrations_left(kKnown, rows)) numbers.push_back(file.number);
  return numbers;
}

TEST_CASE("migrations that are not applied are left, in order") {
  CHECK(numbers_left({}) == std::vector{1, 2, 3});
  CHECK(numbers_left({applied(1)}) == std::vector{2, 3});
  CHECK(numbers_left({applied(1), applied(2), applied(3)}).empty());
}

TEST_CASE("an applied migration that was changed is refused by name, with the remedy") {
  auto changed = applied(2);
  changed.checksum = core::sha256_hex("CREATE TABLE two (id integer);");
  CHECK_THROWS_MATCHES(numbers_left({applied(1), changed}), MigrationRefused,
                       MessageMatches(ContainsSubstring("0002_two.sql has changed") &&
                                      ContainsSubstring("`./orderflow wipe`") &&
                                      ContainsSubstring("an empty database") &&
                                      ContainsSubstring("restore schemas/sql/0002_two.sql")));
}

// What stood in ops.migrations before the migrations were rewritten as one baseline.
TEST_CASE("a database of migrations that were rewritten since is refused by one message") {
  const std::vector<AppliedMigration> former{{1, "0001_contexts.sql", "aa"},
                                             {2, "0002_identity_catalogue.sql", "bb"},
                                             {3, "0003_orders.sql", "cc"},
                                             {4, "0004_payments.sql", "dd"}};
  for (std::size_t count = 1; count <= former.size(); ++count) {
    const std::vector<AppliedMigration> rows(former.begin(),
                                             former.begin() + static_cast<std::ptrdiff_t>(count));
    CHECK_THROWS_MATCHES(numbers_left(rows), MigrationRefused,
                         MessageMatches(ContainsSubstring("0001_contexts.sql is unknown here") &&
                                        ContainsSubstring("`./orderflow wipe`") &&
                                        ContainsSubstring("DATABASE_URL to an empty database")));
    CHECK(schema_problem(kKnown, rows).value_or("").find("wipe") != std::string::npos);
  }
}

TEST_CASE("a program serves a database that has its migrations, or more") {
  CHECK_THAT(schema_problem(kKnown, {}).value_or(""), ContainsSubstring("the tables are missing"));
  CHECK_THAT(schema_problem(kKnown, std::vector{applied(1), applied(2)}).value_or(""),
             ContainsSubstring("0003_three.sql is not applied yet; run `orderflow migrate`"));
  std::vector rows{applied(1), applied(2), applied(3)};
  CHECK_FALSE(schema_problem(kKnown, rows).has_value());
  rows.push_back({4, "0004_four.sql", "x"});
  CHECK_FALSE(schema_problem(kKnown, rows).has_value());
}

TEST_CASE("a database that is newer than the program is refused") {
  CHECK_THROWS_MATCHES(
      numbers_left({applied(1), applied(2), applied(3), {4, "0004_four.sql", "x"}}),
      MigrationRefused, MessageMatches(ContainsSubstring("newer than this program")));
}

TEST_CASE("a gap among the applied migrations is refused") {
  CHECK_THROWS_MATCHES(numbers_left({applied(1), applied(3)}), MigrationRefused,
                       MessageMatches(ContainsSubstring("0002_two.sql is not applied")));
}

TEST_CASE("the program's own migrations are numbered without a gap") {
  int expected = 0;
  for (const auto& file : migrations()) {
    INFO(file.name);
    CHECK(file.number == ++expected);
    CHECK(std::regex_match(std::string(file.name), std::regex("[0-9]{4}_[a-z0-9_]+\\.sql")));
    CHECK_FALSE(file.sql.empty());
  }
  CHECK(expected >= 5);
}

}  // namespace
}  // namespace orderflow::schemas
