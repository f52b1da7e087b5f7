#include "events/codec.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

namespace orderflow::events {
namespace {

constexpr const char* kId = "018f2b6a-5c1e-7d3f-9a77-0c2d4e5f6a7b";

std::string reply_with_data(const std::string& data) {
  const std::string id = kId;
  return R"({"command_id":")" + id + R"(","order_id":")" + id +
         R"(","phase":"do","outcome":"done","code":"","detail":"","data":)" + data + "}";
}

std::string nested(std::size_t levels) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += R"({"a":)";
  return text + "1" + std::string(levels, '}');
}

// The database takes neither as text, and a dead letter that cannot be stored would hold up its
// partition for ever.
TEST_CASE("what cannot be decoded is refused with a reason that can be stored") {
  for (const std::string& type : {std::string("\xff\xfe"), std::string("a\0b", 3),
                                  std::string("caf\xc3\xa9"), std::string(500, '\xc3')}) {
    const auto refused = decode_inbox(type, "{}");
    REQUIRE_FALSE(refused);
    const std::string& reason = refused.error().detail;
    CHECK(reason.size() < 200);
    CHECK(std::all_of(reason.begin(), reason.end(), [](char c) { return c >= ' ' && c < 0x7f; }));
  }
}

TEST_CASE("a message is foreign when it names another installation, not when it names none") {
  struct Sent {
    std::string installation;
    [[nodiscard]] std::string_view header(const char* name) const {
      return std::string_view(name) == kInstallationHeader ? installation : std::string_view{};
    }
  };
  CHECK(is_foreign(Sent{"another"}, kId));
  CHECK(is_foreign(Sent{"\xff"}, kId));
  CHECK_FALSE(is_foreign(Sent{kId}, kId));
  CHECK_FALSE(is_foreign(Sent{""}, kId));
}

TEST_CASE("a body that is larger than any of ours is refused") {
  const auto body = [](std::size_t size) {
    return reply_with_data("{\"padding\":\"" + std::string(size, 'x') + "\"}");
  };
  CHECK(decode_inbox(Reply::kType, body(200'000)));
  const auto refused = decode_inbox(Reply::kType, body(262'144));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail == "the body is larger than 256 KiB");
}

TEST_CASE("what a reply or a schedule passes on stays as it is spelled, but for white space") {
  const auto reply =
      decode_inbox(Reply::kType, reply_with_data("{\"b\" :\n [1.0, \"\\u00e4 :\"],\"a\":{}}\t"));
  REQUIRE(reply);
  CHECK(std::get<Reply>(*reply).data == R"({"b":[1.0,"\u00e4 :"],"a":{}})");
  const std::string id = kId;
  const auto schedule = decode_delivery_command(
      ScheduleDelivery::kType, R"({"address":{},"command_id":")" + id + R"(","order_id":")" + id +
                                   R"(","address":{"name":"Alice"},"step":"delivery"})");
  REQUIRE(schedule);
  CHECK(std::get<ScheduleDelivery>(*schedule).address == R"({"name":"Alice"})");
}

// A document tree is copied and written recursively: without a bound one message would exhaust the
// stack of whoever reads it, again after each restart.
TEST_CASE("what is passed on as it is spelled holds no null character") {
  CHECK(decode_inbox(Reply::kType, reply_with_data(R"({"a": "\\u0000"})")));  // A backslash.
  for (const char* data : {R"({"a": "\u0000"})", R"({"a": [{"b\u0000": 1}]})"}) {
    INFO(data);
    const auto refused = decode_inbox(Reply::kType, reply_with_data(data));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "undecodable");
  }
}

TEST_CASE("a body that nests without end is refused") {
  CHECK(decode_inbox(Reply::kType, reply_with_data(nested(8))));
  const auto refused = decode_inbox(Reply::kType, reply_with_data(nested(100'000)));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "undecodable");
}

}  // namespace
}  // namespace orderflow::events
