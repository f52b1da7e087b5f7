#include "core/json/document.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/json/text.hpp"

namespace orderflow::core {
namespace {

constexpr std::size_t kBytesMax = 10'000;
constexpr std::size_t kLevelsMax = 4;

std::string canonical(std::string_view text) {
  JsonParser parser(kBytesMax, kLevelsMax);
  const auto value = parser.parse(text);
  return value ? canonical_text(*value) : std::string();
}

std::optional<JsonFault> fault(std::string_view text) {
  JsonParser parser(kBytesMax, kLevelsMax);
  const auto value = parser.parse(text);
  return value ? std::nullopt : std::optional(value.error());
}

// Events are read back from the database by the other library and must be the same then.
TEST_CASE("the canonical text is what another library writes") {
  for (const std::string text :
       {R"({"b": 1, "a": [true, false, null, {}], "c": {"z": "", "y": []}})", "[]", "-7", "\"x\"",
        R"(["\u0000\u001f\b\f\n\r\t\"\\\/\u00e4\ud83d\ude80", "plain, but longer than a word\n"])",
        R"([0, -0, 1.0, 0.1, 1e3, 1e22, -2.5e-7, 9223372036854775807, -9223372036854775808])",
        R"([18446744073709551615, 1e-400])", "\t{ \"ä\" :\r\n 1 } "}) {
    INFO(text);
    CHECK(canonical(text) == nlohmann::json::parse(text).dump());
  }
}

TEST_CASE("of a repeated name the last counts") {
  CHECK(canonical(R"({"b":1,"a":1,"b":2,"a":{"x":1,"x":2},"b":3})") == R"({"a":{"x":2},"b":3})");
  CHECK(canonical(R"({"a":1,"a":2})") == R"({"a":2})");
  JsonParser parser(kBytesMax, kLevelsMax);
  JsonMembers members(parser.parse(R"({"a":1,"x":0,"a":2,"b":3,"x":0})").value());
  CHECK(members.find("a")->get_int64().value() == 2);
  CHECK_FALSE(members.find("c"));
  CHECK(members.unasked() == std::vector<std::string_view>{"b", "x"});
}

TEST_CASE("a member's text is as it is spelled, but for white space") {
  const std::string text =
      R"( {"" : "}\\", "a\"{" : [ "x\\\"]" , { "y" : 1e3 } ] ,"a": { } , "a": -0.0, "z":null} )";
  JsonParser parser(kBytesMax, kLevelsMax);
  const JsonMembers members(parser.parse(text).value());
  CHECK(member_text(text, 0) == R"("}\\")");
  CHECK(member_text(text, members.index_of("a\"{").value()) == R"(["x\\\"]",{"y":1e3}])");
  CHECK(member_text(text, 2) == "{}");
  CHECK(member_text(text, members.index_of("a").value()) == "-0.0");
  CHECK(member_text(text, members.index_of("z").value()) == "null");
  CHECK_FALSE(members.index_of("y"));
}

TEST_CASE("a member is true or it is not") {
  CHECK(is_true_in(R"({"a":false,"voided":true})", "voided"));
  CHECK(is_true_in(R"({"voided":false,"voided":true})", "voided"));
  for (const char* text : {R"({"voided":false})", R"({"voided":"true"})", R"({"voided":1})",
                           R"({"a":{"voided":true}})", "{}", "[]", "", "{"}) {
    INFO(text);
    CHECK_FALSE(is_true_in(text, "voided"));
  }
}

TEST_CASE("what is not JSON is refused") {
  using namespace std::string_view_literals;
  for (const auto text : {""sv,
                          "  "sv,
                          "{"sv,
                          "{} {}"sv,
                          "{}\0"sv,
                          "\xef\xbb\xbf{}"sv,
                          "[1,]"sv,
                          "{\"a\":NaN}"sv,
                          "[01]"sv,
                          "[+1]"sv,
                          "[.5]"sv,
                          "\"\xff\""sv,
                          "\"\xed\xa0\x80\""sv,
                          "\"\xc0\x80\""sv,
                          R"("\ud800")"sv,
                          R"("\udc00")"sv,
                          R"("\ud800\u0041")"sv,
                          R"("\x")"sv,
                          "\"\x01\""sv,
                          "['a']"sv,
                          "{a:1}"sv,
                          "// x\n1"sv,
                          "[1e999]"sv,
                          "[99999999999999999999]"sv}) {
    INFO(text);
    CHECK(fault(text) == JsonFault::kNotJson);
  }
}

TEST_CASE("a text has its bytes and levels") {
  CHECK_FALSE(fault("[[[[1]]]]"));
  CHECK(fault("[[[[[1]]]]]") == JsonFault::kTooDeep);
  CHECK(fault(R"({"a":{"a":{"a":{"a":{"a":1}}}}})") == JsonFault::kTooDeep);
  CHECK(fault(std::string(4'000, '[') + std::string(4'000, ']')) == JsonFault::kTooDeep);
  CHECK(fault(std::string(kBytesMax, '[')));
  CHECK_FALSE(fault("\"" + std::string(kBytesMax - 2, 'x') + "\""));
  CHECK(fault("\"" + std::string(kBytesMax - 1, 'x') + "\"") == JsonFault::kTooLarge);
}

TEST_CASE("a parser reads on after a larger text, a smaller one and a broken one") {
  JsonParser parser(kBytesMax, kLevelsMax);
  for (const std::size_t size : {10, 9'000, 20, 5'000}) {
    const std::string text(size, 'x');
    CHECK(string_of(parser.parse("\"" + text + "\"").value()) == text);
    CHECK_FALSE(parser.parse("{"));
  }
}

TEST_CASE("a document outlives its parser's next text") {
  JsonParser parser(kBytesMax, kLevelsMax);
  JsonDocument document;
  REQUIRE(parser.parse(R"("first")", document));
  REQUIRE(parser.parse(R"("second")"));
  const JsonDocument moved = std::move(document);
  CHECK(string_of(moved.root()) == "first");
}

TEST_CASE("what needs an escape is found wherever it stands") {
  for (std::size_t size = 1; size < 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char c : {'"', '\\', '\n', '\x1f', '\x7f', '!', ' '}) {
        std::string text(size, 'x');
        text[at] = c;
        TextBuilder out(4);
        put_json_string(out, text);
        CHECK(out.view() == nlohmann::json(text).dump());
      }
    }
  }
}

}  // namespace
}  // namespace orderflow::core
