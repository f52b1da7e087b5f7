#include "core/values/message.hpp"

#include <catch2/catch_test_macros.hpp>

namespace orderflow::core {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs pairs_of(const OutgoingHeaders& headers) {
  Pairs pairs;
  for (const auto& [name, value] : headers) pairs.emplace_back(name, value);
  return pairs;
}

TEST_CASE("headers come back in order, with repeated names, empty values and any bytes") {
  OutgoingHeaders headers;
  CHECK(pairs_of(headers).empty());
  const std::string long_value(2'000, 'x');
  const std::string zeros("a\0b", 3);
  headers.add("one", "1").add("empty", "").add("one", zeros).add("long", long_value);
  const Pairs expected{{"one", "1"}, {"empty", ""}, {"one", zeros}, {"long", long_value}};
  CHECK(headers.size() == 4);
  CHECK(pairs_of(headers) == expected);

  const OutgoingHeaders copy = headers;
  headers.add("more", "2");
  CHECK(pairs_of(copy) == expected);
  const OutgoingHeaders moved = std::move(headers);
  CHECK(pairs_of(moved).size() == 5);
}

}  // namespace
}  // namespace orderflow::core
