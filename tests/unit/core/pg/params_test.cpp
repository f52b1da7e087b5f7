#include "core/pg/params.hpp"

#include <catch2/catch_test_macros.hpp>
#include <initializer_list>

namespace orderflow::core {
namespace {

constexpr std::uint32_t kRowOid = 0x01020304;

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out.push_back(static_cast<char>(value));
  return out;
}

TEST_CASE("rows are an array of their composite type, whose id the session names") {
  PgRows rows("orders.pair", 2);
  rows.row().add(std::int32_t{7}).add("ab");
  rows.row().add(std::int32_t{8}).add_or_null("");
  const std::string header = bytes({0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 2, 0, 0, 0, 1});
  const std::string first = bytes({0, 0, 0, 26, 0, 0, 0, 2, 0, 0, 0, 23, 0, 0, 0, 4, 0, 0, 0, 7}) +
                            bytes({0, 0, 0, 25, 0, 0, 0, 2, 'a', 'b'});
  const std::string second = bytes({0, 0, 0, 24, 0, 0, 0, 2, 0, 0, 0, 23, 0, 0, 0, 4, 0, 0, 0, 8}) +
                             bytes({0, 0, 0, 25, 255, 255, 255, 255});
  CHECK(rows.encode(kRowOid) == header + first + second);

  SECTION("and encoding changes nothing, so that another session may do it with its own id") {
    const PgRows& read_only = rows;
    CHECK(read_only.encode(kRowOid + 1) != read_only.encode(kRowOid));
    CHECK(read_only.encode(kRowOid) == header + first + second);
  }
  SECTION("and more may follow") {
    rows.row().add(std::int32_t{9}).add("");
    CHECK(rows.encode(kRowOid).substr(header.size(), first.size() + second.size()) ==
          first + second);
    CHECK(rows.size() == 3);
  }
}

TEST_CASE("no rows are an array without a dimension") {
  CHECK(PgRows("orders.pair", 2).encode(kRowOid) == bytes({0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}));
}

TEST_CASE("parameters keep what they were given, rows without an id of their type") {
  PgRows rows("orders.pair", 1);
  rows.row().add(true);
  PgParams params;
  params.int4(5).null(PgType::kUuid).rows(std::move(rows));
  REQUIRE(params.size() == 3);
  CHECK(std::get<std::string>(params.all()[0].value) == bytes({0, 0, 0, 5}));
  CHECK(params.all()[1].oid == 2950);
  CHECK(std::holds_alternative<std::monostate>(params.all()[1].value));
  CHECK(params.all()[2].oid == 0);
  CHECK(std::string_view(std::get<PgRows>(params.all()[2].value).type()) == "orders.pair");
}

}  // namespace
}  // namespace orderflow::core
