#include "http-api/admin/dead_letter_rows.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace orderflow::http_api {
namespace {

DeadLetterRow letter(int number) {
  DeadLetterRow row;
  row.id.bytes[0] = static_cast<std::uint8_t>(number);
  return row;
}

PageOf<DeadLetterRow> page(const std::vector<int>& numbers, bool more) {
  PageOf<DeadLetterRow> one;
  for (const int number : numbers) one.rows.push_back(letter(number));
  one.more = more;
  return one;
}

std::vector<int> numbers_of(const PageOf<DeadLetterRow>& page) {
  std::vector<int> numbers;
  for (const auto& row : page.rows) numbers.push_back(row.id.bytes[0]);
  return numbers;
}

TEST_CASE("pages of several contexts make one, newest first") {
  const auto found = merged({page({9, 4, 1}, false), page({8, 7}, false), page({}, false)}, 10);
  CHECK(numbers_of(found) == std::vector{9, 8, 7, 4, 1});
  CHECK_FALSE(found.more);
}

TEST_CASE("what does not fit a page of several contexts is on the next one") {
  const auto full = merged({page({9, 4, 1}, false), page({8, 7, 2}, true)}, 3);
  CHECK(numbers_of(full) == std::vector{9, 8, 7});
  CHECK(full.more);
  CHECK(merged({page({9, 4, 1}, false), page({8}, false)}, 3).more);
  CHECK(merged({page({9, 4}, true), page({}, false)}, 2).more);
  CHECK_FALSE(merged({page({9, 4}, false), page({8}, false)}, 3).more);
}

TEST_CASE("a source concerns its own context only") {
  int met = 0;
  for (const auto& table : dead_letter_tables()) {
    CHECK(concerns({}, table));
    CHECK_FALSE(concerns({.source = "nobody"}, table));
    if (concerns({.source = "payments"}, table)) ++met;
  }
  CHECK(met == 1);
}

}  // namespace
}  // namespace orderflow::http_api
