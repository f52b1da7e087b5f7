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
                       MessageMatches(ContainsSubstring("0002_two.sql was changed") &&
                                      ContainsSubstring("restore schemas/sql/0002_two.sql")));
  auto renamed = applied(2);
  renamed.name = "0002_second.sql";
  CHECK_THROWS_AS(numbers_left({applied(1), renamed}), MigrationRefused);
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
