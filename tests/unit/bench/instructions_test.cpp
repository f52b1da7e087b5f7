#include <catch2/catch_test_macros.hpp>
#include <set>
#include <stdexcept>
#include <string>

#include "bench/instructions/counts.hpp"
#include "tests/support/source_tree.hpp"

namespace orderflow::bench {
namespace {

const Counts kStored{"GCC 12.2.0", {{"encode", 1000}, {"decode", 2000}, {"gone", 7}}};

Comparison with_encode_at(std::int64_t count) {
  return compare(kStored, {kStored.platform, {{"encode", count}, {"decode", 2000}, {"gone", 7}}});
}

TEST_CASE("counts are read as they were written, comments left out") {
  CHECK(parse_counts("# made by\n" + text_of(kStored)) == kStored);
  CHECK(parse_counts("") == Counts{});
  CHECK_THROWS_AS(parse_counts("encode\n"), std::runtime_error);
  CHECK_THROWS_AS(parse_counts("encode many\n"), std::runtime_error);
  CHECK_THROWS_AS(parse_counts("encode 10 20\n"), std::runtime_error);
}

TEST_CASE("each part of a profile belongs to the workload that ended it") {
  const Counts operations{"GCC 12.2.0", {{"encode", 100}, {"decode", 10}}};
  const std::string parts = "part: 1\nsummary: 1\ntotals: 150049\n\npart: 2\ntotals: 20\n";
  const auto counts = counts_of_run(operations, parts + "totals: 0\n");
  CHECK(counts == Counts{"GCC 12.2.0", {{"encode", 1500}, {"decode", 2}}});
  CHECK_THROWS_AS(counts_of_run(operations, parts), std::runtime_error);
  CHECK_THROWS_AS(counts_of_run(operations, "totals: 0\ntotals: 20\ntotals: 0\n"),
                  std::runtime_error);
}

TEST_CASE("only a rise of more than 15 % is a regression") {
  CHECK_FALSE(with_encode_at(1000).regressed());
  CHECK_FALSE(with_encode_at(1150).regressed());
  CHECK_FALSE(with_encode_at(10).regressed());
  const auto risen = with_encode_at(1151);
  CHECK(risen.regressed());
  CHECK(risen.table().find("+15.1 %  more than allowed") != std::string::npos);
}

TEST_CASE("what is new or gone is told and is no regression") {
  const auto comparison = compare(kStored, {kStored.platform, {{"new", 9}, {"decode", 2000}}});
  CHECK_FALSE(comparison.regressed());
  REQUIRE(comparison.changes.size() == 4);
  CHECK((comparison.changes[0].name == "new" && !comparison.changes[0].stored));
  CHECK((comparison.changes[3].name == "gone" && !comparison.changes[3].now));
}

TEST_CASE("counts of another compiler are told, not judged") {
  const auto comparison = compare(kStored, {"GCC 14.2.0", {{"encode", 5000}}});
  CHECK_FALSE(comparison.same_platform);
  CHECK_FALSE(comparison.regressed());
  CHECK(comparison.changes[0].percent() == 400);
}

TEST_CASE("the stored counts can be read, and none is there twice") {
  const auto counts = parse_counts(testing::source_text("bench/instructions/counts.txt"));
  std::set<std::string> names;
  for (const auto& [name, count] : counts.lines) {
    INFO(name);
    CHECK(names.insert(name).second);
    CHECK(count > 0);
  }
  CHECK(names.size() > 15);
  CHECK_FALSE(counts.platform.empty());
}

}  // namespace
}  // namespace orderflow::bench
