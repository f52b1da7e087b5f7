#include "compose/arguments.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "core/values/failure.hpp"

using orderflow::compose::Arguments;
using orderflow::core::BadConfiguration;

namespace {

Arguments parse(const std::vector<std::string>& words) { return Arguments(words); }

}  // namespace

TEST_CASE("options are taken in either spelling, flags without a value") {
  auto words = parse({"--dir", "/a b", "--count=3", "--json"});
  CHECK(words.require_text("--dir") == "/a b");
  CHECK(words.require_number("--count", 10) == 3);
  CHECK(words.take_flag("--json"));
  CHECK_FALSE(words.take_flag("--json"));
  CHECK_FALSE(words.take_number("--other", 10));
  CHECK_NOTHROW(words.refuse_others());
}

TEST_CASE("wrong words are refused") {
  CHECK_THROWS_AS(parse({"--dir", "a", "--dir", "b"}), BadConfiguration);
  CHECK_THROWS_AS(parse({"--dir"}).require_text("--dir"), BadConfiguration);
  CHECK_THROWS_AS(parse({"--dir="}).require_text("--dir"), BadConfiguration);
  CHECK_THROWS_AS(parse({}).require_text("--dir"), BadConfiguration);
  CHECK_THROWS_AS(parse({"--json=yes"}).take_flag("--json"), BadConfiguration);
  for (const char* number : {"0", "-1", "11", "3x", "x"}) {
    INFO(number);
    CHECK_THROWS_AS(parse({std::string("--count=") + number}).take_number("--count", 10),
                    BadConfiguration);
  }
  CHECK_THROWS_AS(parse({"--what"}).refuse_others(), BadConfiguration);
}
