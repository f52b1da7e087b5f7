#include "core/values/number.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>

namespace orderflow::core {
namespace {

TEST_CASE("a number is the whole text, or none") {
  CHECK(parse_number<int>("42") == 42);
  CHECK(parse_number<int>("-7") == -7);
  CHECK(parse_number<double>("2.5") == 2.5);
  CHECK(parse_number<std::uint16_t>("65535") == 65535);
  for (const char* text : {"", "x", "1x", " 1", "1 ", "+1", "1.5", "0x10", "99999999999"}) {
    INFO(text);
    CHECK_FALSE(parse_number<int>(text));
  }
  CHECK_FALSE(parse_number<std::uint16_t>("65536"));
  CHECK_FALSE(parse_number<std::uint16_t>("-1"));
}

}  // namespace
}  // namespace orderflow::core
