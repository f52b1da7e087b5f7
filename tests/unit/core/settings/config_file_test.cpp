#include "core/settings/config_file.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "core/values/failure.hpp"

namespace orderflow::core {
namespace {

std::string value_in(const std::string& line) {
  const auto values = parse_config_file(line, "file");
  REQUIRE(values.size() == 1);
  CHECK(values.front().first == "NAME");
  return values.front().second;
}

TEST_CASE("a value of the configuration file is the line's rest, or what stands in quotes") {
  CHECK(value_in("NAME=value") == "value");
  CHECK(value_in(" \tNAME =  a value \t\r\n") == "a value");
  CHECK(value_in("NAME=") == "");
  CHECK(value_in("NAME=''") == "");
  CHECK(value_in("NAME=a=b#c;d,e") == "a=b#c;d,e");
  CHECK(value_in("NAME=it's") == "it's");
  CHECK(value_in("NAME=' as it is \\ \" '") == " as it is \\ \" ");
  CHECK(value_in(R"(NAME="a \"quoted\" \\ \n")") == R"(a "quoted" \ \n)");
  CHECK(value_in("# no\n\n  # no\nNAME=x\n") == "x");
  CHECK(value_in("export NAME=x") == "x");
  CHECK(value_in("\xef\xbb\xbfNAME=x") == "x");
  CHECK(value_in("NAME=a b # why") == "a b");
  CHECK(value_in("NAME= # none") == "");
  CHECK(value_in("NAME=#a") == "#a");
  CHECK(value_in("NAME='a # b' # why") == "a # b");
  CHECK(value_in("NAME=$(touch /tmp/x) `id` ${HOME}") == "$(touch /tmp/x) `id` ${HOME}");
}

TEST_CASE("what is no line of a configuration file is refused by its number") {
  using Catch::Matchers::ContainsSubstring;
  using Catch::Matchers::MessageMatches;
  for (const auto& [line, problem] :
       {std::pair("NAME", "is not NAME=value"), std::pair("=value", "is not NAME=value"),
        std::pair("NAME='a", "no closing quote"), std::pair("NAME=\"a\\\"", "no closing quote"),
        std::pair("NAME='a'b", "behind the closing quote")}) {
    INFO(line);
    CHECK_THROWS_MATCHES(
        parse_config_file(std::string("A=1\n") + line, "file"), BadConfiguration,
        MessageMatches(ContainsSubstring("file line 2 ") && ContainsSubstring(problem)));
  }
}

}  // namespace
}  // namespace orderflow::core
